// The parts of a prompt with the places they were written at, as the evaluator gathers them and the lints read them; and
// how they become the plain `Words` of a program.
import type { Line, Words } from '../program.ts'
import type { Span } from '../source.ts'

/** A text and where it stands. */
export type Piece = { readonly text: string; readonly span: Span }

export type Pieces = {
  readonly setting?: Piece
  readonly action: readonly Piece[]
  readonly camera: readonly Piece[]
  readonly look: readonly Piece[]
  readonly sound: readonly Piece[]
  readonly avoid: readonly Piece[]
  readonly say: readonly Line[]
}

export const noPieces: Pieces = { action: [], camera: [], look: [], sound: [], avoid: [], say: [] }

const textOf = (piece: Piece): string => piece.text

export const wordsOf = (pieces: Pieces): Words => ({
  setting: pieces.setting?.text ?? '',
  action: pieces.action.map(textOf),
  camera: pieces.camera.map(textOf),
  look: pieces.look.map(textOf),
  sound: pieces.sound.map(textOf),
  say: pieces.say,
  avoid: pieces.avoid.map(textOf),
})

/** A shot in its scene: lists add up, the scene's first. */
export const inScene = (scene: Pieces, shot: Pieces): Pieces => ({
  ...(scene.setting === undefined ? {} : { setting: scene.setting }),
  action: [...scene.action, ...shot.action],
  camera: [...scene.camera, ...shot.camera],
  look: [...scene.look, ...shot.look],
  sound: [...scene.sound, ...shot.sound],
  avoid: [...scene.avoid, ...shot.avoid],
  say: shot.say,
})

/**
 * A later link of a shot: a part it has words of its own for takes the place of the shot's (the scene's stay); what to
 * avoid adds up. Nothing of its own: the shot's words. A line is said in the link that has it, and no other.
 */
export const inLink = (scene: Pieces, shot: Pieces, link: Pieces): Pieces =>
  inScene(scene, {
    action: link.action.length > 0 ? link.action : shot.action,
    camera: link.camera.length > 0 ? link.camera : shot.camera,
    look: link.look.length > 0 ? link.look : shot.look,
    sound: link.sound.length > 0 ? link.sound : shot.sound,
    avoid: [...shot.avoid, ...link.avoid],
    say: link.say,
  })
