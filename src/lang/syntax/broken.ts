// Parts of a tree that the parser could not read whole. They were reported; later steps leave them alone, so that one
// slip is one error.
const broken = new WeakSet<object>()

export function markBroken<T extends object>(node: T): T {
  broken.add(node)
  return node
}

/** True for a node that has its syntax error already. */
export const isBroken = (node: object): boolean => broken.has(node)
