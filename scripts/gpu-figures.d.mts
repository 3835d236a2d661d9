// Types of what the tests use of gpu-figures.mjs.
export declare function figuresText(measured: readonly object[]): string
export declare function mergedFigures(before: readonly object[], measured: readonly object[]): object[]
