// Finds packages in the folder that MODULES names: the cache of tests/interop/setup.sh. Node looks for what is
// imported by name beside the importing file only, and nothing is installed there.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MODULES ? pathToFileURL(`${process.env.MODULES}/`) : import.meta.url);

/** The exports of a package, as `import` would give them. */
export async function load(name) {
  return import(pathToFileURL(require.resolve(name)).href);
}
