// Stands in for React's developer tools, which ink imports by their default export and never calls in production.
// biome-ignore lint/style/noDefaultExport: the module it stands in for has one
export default {}
