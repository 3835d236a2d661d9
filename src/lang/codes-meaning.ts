// The codes of meaning: names, values, times, files and the shape of a film. Reading a text has its codes in
// codes-syntax.ts, the words of a prompt in codes-prompt.ts. Messages are one sentence without a full stop.
import { error, warning } from './code-entry.ts'

export const meaningCodes = {
  'name.unknown': error<{ what: string; name: string }>(
    ({ what, name }) => `there is no ${what} named \`${name}\``,
    'check the spelling, or declare it',
    'A name must be declared (by cast, let, param, scene, shot, bed, provider, template or use) before a film can lean on it.',
  ),
  'name.duplicate': error<{ what: string; name: string }>(
    ({ what, name }) => `there are two ${what} named \`${name}\``,
    'give one of them another name',
    'A shot is known by its path and everything else by its name. With two of the same name, nobody could say which is meant, and a clip that was paid for would lose its place.',
  ),
  'name.circle': error<{ names: string }>(
    ({ names }) => `these stand for each other in a circle: ${names}`,
    'give one of them a value of its own',
    'A name stands for something; in a circle there is nothing it could stand for.',
  ),
  'name.unknown-lint': warning<{ name: string }>(
    ({ name }) => `\`# allow ${name}\` switches nothing off: there is no warning with this code`,
    'check the spelling; only warnings can be switched off, errors cannot',
    'A comment that is meant to silence a warning and does not would mislead its reader.',
  ),
  'type.mismatch': error<{ what: string; expected: string; found: string }>(
    ({ what, expected, found }) => `${what} must be ${expected}, not ${found}`,
    'write a value of the right kind',
    'Every param and argument has a kind, so that a slip is found here and not in a clip that was paid for.',
  ),
  'type.operands': error<{ operator: string; left: string; right: string }>(
    ({ operator, left, right }) => `\`${operator}\` does not work between ${left} and ${right}`,
    'write both in the same kind and unit',
    'Seconds and frames, numbers and texts are never turned into each other silently.',
  ),
  'type.call': error<{ name: string; problem: string }>(
    ({ name, problem }) => `\`${name}\` ${problem}`,
    'see its parameters where it is declared',
    'A template or function is called with the parameters it declares, so that a forgotten one is found here.',
  ),
  'value.param-missing': error<{ param: string }>(
    ({ param }) => `the film needs a value for \`${param}\``,
    'give one with `--set`, in the table of the series, or as a default',
    'A param without a default stands for something only the one who renders the film knows.',
  ),
  'value.out-of-range': error<{ what: string; range: string; found: string }>(
    ({ what, range, found }) => `${what} must be ${range}, not ${found}`,
    'choose a value in that range',
    'Values outside the range mean nothing to a model or an encoder, or would use up the machine.',
  ),
  'value.arithmetic': error<{ problem: string }>(
    ({ problem }) => `this cannot be worked out: ${problem}`,
    'change the values it is made of',
    'Sums are exact here; what has no exact result is an error, never a guess.',
  ),
  'time.off-grid': warning<{ what: string; written: string; rounded: string }>(
    ({ what, written, rounded }) => `${what} of ${written} does not end on a frame; it becomes ${rounded}`,
    'write it in frames (`12f`), or in seconds that fall on a frame',
    'A film is made of whole frames. The rounding is shown, because half frames add up over a chain.',
  ),
  'time.empty-range': error<{ what: string }>(
    ({ what }) => `the range of ${what} ends where it begins or before`,
    'write it from the earlier to the later time',
    'A range is a stretch of time, first to last.',
  ),
  'time.outside': error<{ what: string; asked: string; length: string }>(
    ({ what, asked, length }) => `${what} reaches to ${asked}, but what it belongs to is ${length} long`,
    'shorten it, or lengthen what it belongs to',
    'Times in a shot are counted from its start, over what stands above the line. Frames that do not exist cannot be changed.',
  ),
  'duration.missing': error<{ shot: string }>(
    ({ shot }) => `${shot} does not say how long it is`,
    'write its length after its name, as in `shot open 6s`, or give it sound with `sync`',
    'A clip is paid for by the second, so its length is never guessed.',
  ),
  'asset.path': error<{ path: string; why: string }>(
    ({ path, why }) => `the path \`${path}\` cannot be used: it is ${why}`,
    'name a file beside the script or below it, with `/` between folders',
    'A script may be shared. It names files of its own project only, so that it can neither read nor overwrite anything else.',
  ),
  'film.in-library': error<{ what: string }>(
    ({ what }) => `${what} stands in a file without \`project\`, which is a library`,
    'add `project "Title"` to make it a film, or put the shots into a template',
    'A library lends names and templates to films. What is filmed belongs to a film, which has a `project` or a `series`.',
  ),
  'film.empty': error<{ title: string }>(
    ({ title }) => `there is nothing to show in "${title}"`,
    'add a shot, a clip, a card or a still',
    'A film has at least one frame.',
  ),
  'film.dangling-transition': error<{ transition: string; where: string }>(
    ({ transition, where }) => `this \`${transition}\` joins nothing: it stands ${where}`,
    'put it between two shots, or take it out',
    'A transition belongs to two neighbours. The film begins and ends with a plain cut.',
  ),
  'film.transition-repeated': error<{ transition: string }>(
    ({ transition }) => `there is already a \`${transition}\` between these two`,
    'keep one of them',
    'Two shots can hand over in one way only.',
  ),
  'film.transition-too-long': error<{ transition: string; length: string; item: string; has: string }>(
    ({ transition, length, item, has }) => `this \`${transition}\` of ${length} is too long: ${item} has ${has} left for it`,
    'shorten the transition, or lengthen the shot',
    'A transition is made of frames of both its neighbours, and no frame can be in two transitions.',
  ),
  'film.two-sounds': error<{ shot: string }>(
    ({ shot }) => `${shot} has both \`sync\` and \`to-beat\``,
    'keep `sync` for a sound file of its own, or `to-beat` for a bed that plays under it',
    'One sound drives the picture. Two would pull it in two directions.',
  ),
  'film.two-lengths': error<{ shot: string }>(
    ({ shot }) => `${shot} has a length, and sound that gives it another one`,
    'take the length out: `sync` makes the shot as long as its sound',
    'With `sync` the picture follows the sound to its end, so a second length could only contradict it.',
  ),
  'film.to-without-from': error<{ shot: string }>(
    ({ shot }) => `${shot} has a last frame but no first one`,
    'add `from` with the first frame',
    'Models that take a last frame need the first one as well.',
  ),
  'film.backwards': error<{ from: string; to: string }>(
    ({ from, to }) => `\`${from}\` comes after \`${to}\` in the film`,
    'write the earlier one first',
    'A stretch of the film runs forward.',
  ),
  'film.same-output': error<{ output: string }>(
    ({ output }) => `two films would be written to \`${output}\``,
    'give each its own output',
    'The second would overwrite the first.',
  ),
  'provider.unknown-kind': error<{ kind: string; known: string }>(
    ({ kind, known }) => `there is no kind of provider named \`${kind}\`; there are ${known}`,
    'check the spelling',
    'A kind is a host or an engine that this program can talk to. Its name for you is free, its kind is not.',
  ),
  'provider.built-in': error<{ kind: string }>(
    ({ kind }) => `\`animatic\` is always the built-in provider, it cannot be of kind \`${kind}\``,
    'give this provider another name',
    'A free placeholder must never be mistaken for a paid clip, nor the other way round.',
  ),
  'series.column-missing': error<{ column: string }>(
    ({ column }) => `the table has no column \`${column}\`, and the film has a param of that name without a default`,
    'add the column, or give the param a default',
    'Each row of the table is one film, and its columns fill the params.',
  ),
  'series.column-unknown': warning<{ column: string }>(
    ({ column }) => `the film has no param for the column \`${column}\``,
    'rename the column, or declare the param; a column nobody reads is not used',
    'A misspelt column would leave its param at the default in every episode.',
  ),
  'series.malformed': error<{ problem: string }>(
    ({ problem }) => `the table cannot be read: ${problem}`,
    'CSV follows RFC 4180 (quotes around fields with commas or line ends, doubled inside); JSON is a list of objects',
    'A row read wrongly would be a film made wrongly.',
  ),
  'series.value': error<{ column: string; expected: string; found: string }>(
    ({ column, expected, found }) => `\`${column}\` must be ${expected}, not ${found}`,
    'correct this cell',
    'Columns are typed by the params they fill.',
  ),
  'series.empty': error<Record<never, never>>(
    () => 'the table has no rows',
    'add a row for each episode',
    'One row is one film, so no rows are no films.',
  ),
  'limit.expansion': error<{ what: string; limit: number }>(
    ({ what, limit }) => `this makes more than ${limit} ${what}`,
    'make it smaller: shorter lists, fewer loops inside loops, or several films',
    'Limits keep a broken or hostile script from using up the machine. They are counted before anything is expanded.',
  ),
  'limit.depth': error<{ what: string; limit: number }>(
    ({ what, limit }) => `${what} are nested more than ${limit} deep here`,
    'look for something that uses itself',
    'Limits keep a broken or hostile script from using up the machine.',
  ),
  'limit.uses': error<{ what: string; limit: number }>(
    ({ what, limit }) => `more than ${limit} ${what}`,
    'put what belongs together into one library',
    'Limits keep a broken or hostile script from using up the machine.',
  ),
  'secret.in-script': error<{ what: string }>(
    ({ what }) => `this looks like ${what}`,
    'take it out, make it invalid at the host, and name an environment variable instead: `key env LTX_API_KEY`',
    'A script is committed, shared and shown. Keys come from the environment only, and one that was written down once is no secret any more.',
  ),
}
