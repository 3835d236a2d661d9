// A mistyped word and the words that were possible in, the one that was probably meant out ("did you mean").
// Distance counts letters changed, added, dropped, or swapped with their neighbour.

/** How many slips lie between two words; counting stops above `most`, which is then exceeded by one. */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      let best = Math.min((above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1)
      line.push(best)
    }
    if (Math.min(...line) > most) return most + 1
    before = above
    above = line
  }
  return above[b.length] ?? 0
}

/** How many slips a word of this length may hold and still be recognised. */
const tolerance = (word: string): number => (word.length <= 2 ? 0 : word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3)

export type Suggestion = { readonly word: string; readonly distance: number; readonly unique: boolean }

/** The nearest of the possible words and how near it is; undefined when none is near. Upper and lower case count as one. */
export function nearest(word: string, possible: Iterable<string>): Suggestion | undefined {
  const most = tolerance(word)
  const plain = word.toLowerCase()
  let best: Suggestion | undefined
  for (const candidate of possible) {
    if (candidate === word || candidate.length > 200) continue
    const distance = editDistance(plain, candidate.toLowerCase(), most)
    if (distance > most || distance >= candidate.length) continue
    if (best === undefined || distance < best.distance) best = { word: candidate, distance, unique: true }
    else if (distance === best.distance && candidate !== best.word) {
      best = { word: candidate < best.word ? candidate : best.word, distance, unique: false }
    }
  }
  return best
}

/** The nearest word alone. */
export const closest = (word: string, possible: Iterable<string>): string | undefined =>
  word.length > 200 ? undefined : nearest(word, possible)?.word
