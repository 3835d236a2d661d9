// Every mistake a script can earn, by code. One entry: how it reads (typed holes), what to do next, and why the
// rule exists (shown by `ltx explain`). Each code has a fixture in test/errors/. Areas are a closed list.
import { error, warning } from './code-entry.ts'
import { meaningCodes } from './codes-meaning.ts'
import { promptCodes } from './codes-prompt.ts'
import { syntaxCodes } from './codes-syntax.ts'

export type { Severity } from './code-entry.ts'

/** The closed list of areas; a code is `area.what`. */
export const areas = [
  'syntax',
  'name',
  'statement',
  'type',
  'value',
  'time',
  'duration',
  'size',
  'asset',
  'film',
  'prompt',
  'chain',
  'provider',
  'route',
  'series',
  'lock',
  'limit',
  'secret',
] as const

export const codes = {
  ...syntaxCodes,
  ...meaningCodes,
  ...promptCodes,
  'asset.missing': error<{ path: string }>(
    ({ path }) => `there is no file ${path}`,
    'put it there, or correct the path; paths are relative to the script that names them',
    'A film is planned from the bytes of its pictures and sounds, so they have to be there before anything is priced.',
  ),
  'asset.outside': error<{ message: string }>(
    ({ message }) => message,
    'copy the file into the folder of the script',
    'A script can be shared, so it may read only what lies in its own folder, links followed.',
  ),
  'asset.unusable': error<{ message: string }>(
    ({ message }) => message,
    'replace the file with one that is what its name says',
    'A file that is empty, broken, disguised or too large would fail in the middle of a run; it is refused before.',
  ),
  'time.past-end': error<{ what: string; asked: string; length: string }>(
    ({ what, asked, length }) => `${what} asks for footage up to ${asked}, but the file ends at ${length}`,
    'shorten the range, or leave it out to take the whole file',
    'Frames that are not in the file cannot be shown; holding the last one silently would hide the mistake.',
  ),
  'provider.cannot': error<{ provider: string; shot: string; detail: string }>(
    ({ provider, shot, detail }) => `\`${provider}\` cannot make ${shot}: ${detail}`,
    'change the shot to what the provider offers, or give it another provider with `on`',
    'What a provider can do is known before the run. A shot that cannot be made is refused before a cent is spent.',
  ),
  'route.always': error<Record<never, never>>(
    () => 'a route says when it holds, and this one has no condition',
    'say which shots it is for: `route gpu extend`, `route host over 10s`; all of them is `on`',
    'A provider for everything is written `on`. A route that takes every shot would hide it.',
  ),
  'route.never': error<{ why: string }>(
    ({ why }) => `this route can never hold: ${why}`,
    'take one of the two out; for either of them write two routes',
    'All conditions of a route must hold for the same shot.',
  ),
  'route.hidden': warning<{ route: string }>(
    ({ route }) => `no shot comes to this route: what is \`${route}\` goes elsewhere before`,
    'put it above the other one, or take it out',
    'Of several routes the first that fits wins, so the narrow one belongs above the wide one.',
  ),
  'route.moves-nothing': error<Record<never, never>>(
    () => 'this route moves no step: `moves` is for `extend` or `retake`',
    'say which steps go there: `route gpu retake moves`; to send whole shots, leave `moves` out',
    'A shot begins at one provider and stays there. What may go to another one is a step that is made from the shot so far.',
  ),
  'film.off-bed': error<{ bed: string }>(
    ({ bed }) => `the bed \`${bed}\` does not play under the whole of this shot`,
    'stretch the bed with `over` so that it covers the shot',
    'A shot made to a beat is made to the slice of the bed that will play under it, so the bed has to be there.',
  ),
  'film.bed-too-short': error<{ bed: string; length: string; needed: string }>(
    ({ bed, length, needed }) => `the bed \`${bed}\` is ${length} long, but the slice under this shot ends at ${needed}`,
    'use a longer file, begin it earlier with `start`, or move the shot',
    'The slice that drives a shot must be one unbroken stretch of the file.',
  ),
  'lock.conflict': error<{ line: number }>(
    ({ line }) => `the lock still has git's merge markers, on line ${line}`,
    'both sides name clips that exist: keep one stanza for each job, delete the marker lines, and run again',
    'The lock says which clips are already made. Where two branches made the same shot, only a person knows which one stands.',
  ),
  'lock.newer': error<{ found: number; known: number }>(
    ({ found, known }) => `the lock is of version ${found}, and this program reads up to ${known}`,
    'update ltx, or use the version that wrote the lock',
    'A lock half understood would buy again what is already there, or write over what a newer version knows.',
  ),
  'lock.corrupt': error<{ line: number; problem: string }>(
    ({ line, problem }) => `line ${line} of the lock cannot be read: ${problem}`,
    'restore the lock from git (`git checkout -- <script>.lock`); deleting it makes a new one from the clips on this machine',
    'Every word of a lock is checked, because it comes from other branches and decides what is bought. It is never written over while it cannot be read.',
  ),
}

export type Code = keyof typeof codes
export type Holes<C extends Code> = Parameters<(typeof codes)[C]['message']>[0]

/** True when the word is a code of the catalogue. */
export const isCode = (text: string): text is Code => Object.hasOwn(codes, text)
