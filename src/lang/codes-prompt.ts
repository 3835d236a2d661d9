// The codes of the prompt lints. Each says what practice has shown to go wrong, and `# allow CODE` on the line or the line
// above switches it off there. Messages are one sentence without a full stop.
import { error, warning } from './code-entry.ts'

export const promptCodes = {
  'prompt.empty': error<{ shot: string }>(
    ({ shot }) => `${shot} has no words, no picture and no sound to be made from`,
    'say what is seen and what moves',
    'A model makes something of nothing, and it is never what was wanted.',
  ),
  'prompt.still-photo': warning<{ shot: string }>(
    ({ shot }) => `the words of ${shot} describe a still photo: nothing moves`,
    'say who or what moves, and how',
    'The model animates verbs. A prompt of nouns alone gives a slow zoom over a frozen picture.',
  ),
  'prompt.overstuffed': warning<{ count: number; words: string }>(
    ({ count, words }) => `${count} adjectives compete here (${words})`,
    'keep the two or three that matter; one sentence for light and texture is enough',
    'Adjectives fight each other: each one weakens the rest, and words of praise say nothing that can be seen.',
  ),
  'prompt.looks-down': warning<{ words: string }>(
    ({ words }) => `"${words}": a face that turns down drifts`,
    'keep the gaze level or up; put objects into the frame from the start',
    'Faces are learned from the front. When one looks down and up again, another person may look up.',
  ),
  'prompt.small-text': warning<{ words: string }>(
    ({ words }) => `"${words}": letters in the picture come out as soup`,
    'lay the words on with `title`, `card` or `captions`',
    'The model draws the look of letters, not letters. Text that must be read is laid over in post.',
  ),
  'prompt.avoid-objects-only': warning<{ items: string }>(
    ({ items }) => `only things are kept out here (${items}), no movement`,
    'name the movements to avoid as well, such as "fast zooms"',
    'Negative words work on movement best: "no spinning camera" steadies a shot, "no umbrellas" often draws one.',
  ),
  'prompt.avoid-too-long': warning<{ count: number }>(
    ({ count }) => `${count} things to avoid`,
    'keep the few that were really seen to go wrong',
    'Each thing to avoid takes a little freedom away. Long lists flatten the picture and hide what matters.',
  ),
  'prompt.lip-sync-camera': warning<{ shot: string; missing: string }>(
    ({ shot, missing }) => `${shot} is spoken to sound, but its words do not ask for ${missing}`,
    'say that the head stays level with the gaze on the camera, and that the camera is steady at eye level',
    'Lips follow sound only while the face stays put. A turning head or a moving camera breaks the sync.',
  ),
  'prompt.portrait-blocking': warning<{ words: string }>(
    ({ words }) => `"${words}" is blocked for a wide picture, and this film stands upright`,
    'block it in depth and height: near and far, above and below',
    'In an upright picture a move from left to right leaves the frame at once, and two side by side are cut in half.',
  ),
  'prompt.letterbox': warning<{ words: string }>(
    ({ words }) => `"${words}" often brings black bars into the picture`,
    'say what you mean by it: the lens, the light, the grain',
    'The word stands under letterboxed pictures in what the model learned from, and the bars are learned with it.',
  ),
  'duration.sweet-spot': warning<{ what: string; length: string }>(
    ({ what, length }) => `${what} of ${length} is outside the 4 to 8 seconds that models do best`,
    'make it 4 to 8 seconds: a longer stretch as a chain of `extend`, a shorter one cut from a longer',
    'Below 4 seconds nothing has time to move; above 8 pictures lose their detail and their people.',
  ),
  'chain.long': warning<{ shot: string; links: number; length: string }>(
    ({ shot, links, length }) => `${shot} is a chain of ${links} links, ${length} in all: it will drift`,
    'cut it into two shots; a chain of three links or 25 seconds holds together',
    'Each link starts from the last one’s faults. Colour, contrast and faces drift from the fourth link on.',
  ),
  'chain.prompt-drift': warning<{ shot: string; what: string }>(
    ({ shot, what }) => `${what} in this link of ${shot}`,
    'carry the same people, place and camera notes through the chain, and change only what happens',
    'A link that is told of another picture cuts to it. Same words, same seed, same camera notes hold a chain together.',
  ),
}
