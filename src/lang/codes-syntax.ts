// The codes of reading a text: letters, tokens, statements and their arguments. What the words mean for a film has its
// codes in codes.ts. Messages are one sentence without a full stop.
import { error } from './code-entry.ts'

export const syntaxCodes = {
  'syntax.unexpected': error<{ found: string; expected: string }>(
    ({ found, expected }) => `found ${found} where ${expected} should be`,
    'write what is expected, or take the stray text out',
    'The grammar is small: a word, its arguments, and a block in braces. Anything else cannot be read.',
  ),
  'syntax.character': error<{ character: string }>(
    ({ character }) => `${character} means nothing here`,
    'take it out, or put it inside quotes if it belongs to a text',
    'Outside quotes a script is made of words, numbers with units, and a few signs. Other characters are mostly pasted in by accident.',
  ),
  'syntax.hidden-character': error<{ character: string; name: string }>(
    ({ character, name }) => `there is an invisible character here: ${name} (${character})`,
    'take it out',
    'Characters that reverse or hide text can make a script look different from what it says, so no script may hold them, not even in texts and comments.',
  ),
  'syntax.unclosed': error<{ opening: string; closing: string }>(
    ({ opening, closing }) => `this \`${opening}\` is never closed with \`${closing}\``,
    'close it where it should end',
    'A block, a list or a pair of parentheses must say where it ends, or all that follows would belong to it.',
  ),
  'syntax.unopened': error<{ closing: string; opening: string }>(
    ({ closing, opening }) => `this \`${closing}\` closes nothing: there is no \`${opening}\` before it`,
    'take it out, or open the block it should close',
    'Braces, brackets and parentheses come in pairs.',
  ),
  'syntax.unclosed-text': error<{ quote: string }>(
    ({ quote }) => `this text is never closed with ${quote}`,
    'close the text on the same line, or use """ for a text of several lines',
    'A text in single quotes marks ends on its line, so that a forgotten quote spoils one line and not the whole file.',
  ),
  'syntax.quotes': error<{ found: string }>(
    ({ found }) => `texts stand in straight double quotes, not in ${found}`,
    'write the text in "…"',
    'One kind of quote keeps scripts alike; an apostrophe inside a text then needs no care.',
  ),
  'syntax.escape': error<{ found: string }>(
    ({ found }) => `\`${found}\` is no escape`,
    'the escapes are \\n, \\t, \\" and \\\\; braces are doubled: {{ and }}',
    'A backslash in a text says that the next letter is special, so a backslash of its own is written twice.',
  ),
  'syntax.brace': error<{ brace: string }>(
    ({ brace }) => `a lone \`${brace}\` in a text`,
    'double it ({{ or }}) for a plain brace; {name} puts a name’s words there',
    'Braces in a text are holes that are filled with values, so plain ones are doubled.',
  ),
  'syntax.operator': error<{ operator: string }>(
    ({ operator }) => `\`${operator}\` among a statement’s arguments needs parentheses`,
    'put the whole sum in parentheses',
    'Arguments stand side by side without commas; only parentheses show which of them an operator joins.',
  ),
  'syntax.punctuation': error<{ found: string }>(
    ({ found }) => `\`${found}\` is not needed here`,
    'take it out: arguments stand side by side, a new line starts a new statement',
    'A statement is a word and its arguments, with spaces between them; lists and calls alone have commas.',
  ),
  'syntax.spelling': error<{ found: string; instead: string }>(
    ({ found, instead }) => `\`${found}\` is written \`${instead}\` here`,
    'write it the way this language does',
    'The language has one spelling for each thing, and some habits of other languages are recognised to be helpful.',
  ),
  'syntax.call': error<{ name: string }>(
    ({ name }) => `\`${name}\` stands alone: a template is placed with parentheses after its name`,
    'write the parentheses, with the values it takes between them',
    'Parentheses tell a template’s call from a statement of the language.',
  ),
  'statement.no-version': error<Record<never, never>>(
    () => 'the file does not say which version of the language it is written in',
    'make `ltx 1` the first line',
    'A script has to mean the same in five years. The first line says which language it is written in.',
  ),
  'statement.version-newer': error<{ found: string }>(
    ({ found }) => `this file is written in ltx ${found}, and this program reads ltx 1`,
    'update ltx to read it',
    'A newer version may give words a meaning that this program does not know; guessing would make another film.',
  ),
  'statement.version-place': error<Record<never, never>>(
    () => 'the version must be the first line of the file',
    'move it to the top',
    'What follows can only be read once the version is known.',
  ),
  'statement.unknown': error<{ word: string; place: string }>(
    ({ word, place }) => `there is no statement \`${word}\` ${place}`,
    'check the spelling; docs/language.md lists every statement and where it stands',
    'Each block has its own statements, all of them in one table. A word that is not in it would be silently ignored otherwise.',
  ),
  'statement.misplaced': error<{ what: string; place: string; belongs: string }>(
    ({ what, place, belongs }) => `${what} cannot stand ${place}: it belongs ${belongs}`,
    'move it to where it belongs',
    'A statement says something about the block it stands in; in another block it would say nothing.',
  ),
  'statement.missing': error<{ word: string; argument: string }>(
    ({ word, argument }) => `\`${word}\` needs ${argument}`,
    'add it',
    'A statement without what it needs cannot be filmed, and no default would be a safe guess.',
  ),
  'statement.too-many': error<{ word: string; found: string }>(
    ({ word, found }) => `\`${word}\` has no place for ${found}`,
    'take it out, or put it on a line of its own if it is another statement',
    'Every argument has its place. What fits none would be ignored, and you would never know.',
  ),
  'statement.unknown-clause': error<{ word: string; found: string; clauses: string }>(
    ({ word, found, clauses }) => `\`${word}\` does not know the word \`${found}\`; it knows ${clauses}`,
    'check the spelling',
    'A word among the arguments, such as `from` or `sync`, says what the argument after it is for.',
  ),
  'statement.clause-repeated': error<{ word: string; clause: string }>(
    ({ word, clause }) => `\`${clause}\` stands twice in this \`${word}\``,
    'keep one of them',
    'Two answers to the same question: choosing one of them silently would be a guess.',
  ),
  'statement.repeated': error<{ word: string; place: string }>(
    ({ word, place }) => `\`${word}\` stands more than once ${place}`,
    'keep one of them',
    'Two answers to the same question: choosing one of them silently would be a guess.',
  ),
  'statement.block-missing': error<{ word: string }>(
    ({ word }) => `\`${word}\` needs a block in braces`,
    'write { … } after it, with what belongs to it',
    'Some statements are nothing but what stands inside them.',
  ),
  'statement.block-unwanted': error<{ word: string }>(
    ({ word }) => `\`${word}\` takes no block`,
    'take the braces out; if the statements inside belong to another one, move them',
    'A block that no rule reads would be ignored, and you would never know.',
  ),
  'name.reserved': error<{ name: string }>(
    ({ name }) => `\`${name}\` is a word of the language and cannot be a name`,
    'choose another name',
    'Words of the grammar (if, else, for, in, template, param, and, or, not, true, false, as) must mean the same everywhere.',
  ),
  'name.invalid': error<{ name: string }>(
    ({ name }) => `${name} cannot be a name`,
    'a name starts with a letter; letters, digits, `-` and `_` may follow, without quotes and spaces',
    'Names are written bare, so they need a shape that nothing else has.',
  ),
  'type.wrong': error<{ word: string; argument: string; expected: string; found: string }>(
    ({ word, argument, expected, found }) =>
      `${argument === word ? '' : `the ${argument} of `}\`${word}\` must be ${expected}, not ${found}`,
    'write a value of the right kind',
    'Every argument has a kind and a unit, so that a slip is found here and not in a clip that was paid for.',
  ),
  'type.unknown': error<{ name: string }>(
    ({ name }) => `there is no type \`${name}\``,
    'the types are text, int, number, bool, duration, image, audio, video, list<…>, and choices such as "a" | "b"',
    'A param’s type says what may be put there, so that a wrong value is refused before a film is made from it.',
  ),
  'value.unit': error<{ found: string; instead: string }>(
    ({ found, instead }) => `\`${found}\` is written \`${instead}\``,
    'units: s ms m h f (time), x (size), fps, dB, LUFS, %, and $ before money; no space between number and unit',
    'Each unit has one spelling, so that a length can never be taken for a size, nor seconds for frames.',
  ),
  'value.malformed': error<{ found: string }>(
    ({ found }) => `\`${found}\` is not a value`,
    'values look like 6s, 250ms, 12f, 1m30s, 00:00:04:12, 1920x1080, 24fps, -12dB, -14LUFS, 80%, $5.00',
    'Each unit has one spelling, so that a length can never be taken for a size, nor seconds for frames.',
  ),
  'value.too-large': error<{ found: string }>(
    ({ found }) => `the number in \`${found}\` is too large to be held exactly`,
    'use a smaller number, or fewer decimal places',
    'Times, sizes and money are held exactly, never rounded; that has an end at fifteen digits.',
  ),
  'value.negative': error<{ word: string; argument: string }>(
    ({ word, argument }) => `${argument === word ? '' : `the ${argument} of `}\`${word}\` cannot be less than nothing`,
    'take the minus sign out',
    'Lengths, counts, sizes and prices start at nothing; only gains and loudness go below zero.',
  ),
  'limit.file': error<{ size: string }>(
    ({ size }) => `the file is ${size} long; a script may be 1 MiB`,
    'split the film into libraries with `use`, or make it a series',
    'Limits keep a broken or hostile file from using up the machine. A script of this size is nearly always not a script.',
  ),
  'limit.nesting': error<{ what: string }>(
    ({ what }) => `${what} are nested more than 64 deep here`,
    'flatten them; a template can hold what repeats',
    'Limits keep a broken or hostile file from using up the machine. Films nest four or five deep.',
  ),
  'limit.tokens': error<{ count: number }>(
    ({ count }) => `the file has ${count} words and signs; a script may have 200000`,
    'split the film into libraries with `use`, or make it a series',
    'Limits keep a broken or hostile file from using up the machine.',
  ),
  'limit.text': error<{ size: string }>(
    ({ size }) => `this text is ${size} long; a text may be 64 KiB`,
    'shorten it; no model reads more than a few thousand characters',
    'Limits keep a broken or hostile file from using up the machine.',
  ),
}
