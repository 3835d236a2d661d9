// Types of what the tests use of python.mjs.
export declare function testPython(): string | undefined
