// What CommonJS packages expect to find in a bundle of ES modules.
export const banner = {
  js: [
    "import{createRequire as ltxCreateRequire}from'node:module';import{dirname as ltxFolder}from'node:path';import{fileURLToPath as ltxPath}from'node:url';",
    'const require=ltxCreateRequire(import.meta.url),__filename=ltxPath(import.meta.url),__dirname=ltxFolder(__filename);',
  ].join(''),
}
