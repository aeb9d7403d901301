// What the bundles hold of pe-library: a plugin for esbuild.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Of pe-library the header views alone, and of those what fixer/pe reads. The package does not say that its modules have
 * no side effects, so its image generator would be bundled as well; and no bundler drops accessors of a prototype, of
 * which each run would define 140 to read 30. Its code is otherwise left as it is.
 */
export const headerViewsOnly = (root) => ({
  name: 'pe-library-header-views-only',
  setup(build) {
    const library = dirname(fileURLToPath(import.meta.resolve('pe-library')));
    const folder = join(root, 'fixer/pe');
    const readers = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .filter((text) => text.includes("from 'pe-library'"))
      .join('');
    const views = [...new Set([...readers.matchAll(/Format\.(\w+)/g)].map(([, name]) => name))];
    const imports = views.map((name) => `import ${name} from ${JSON.stringify(join(library, `format/${name}.js`))};`);
    const isRead = (name) => new RegExp(`\\.${name}\\b`).test(readers);
    let inheritance = '';
    build.onResolve({ filter: /^pe-library$/ }, () => ({ path: 'pe-library', namespace: 'views', sideEffects: false }));
    build.onLoad({ filter: /.*/, namespace: 'views' }, () => ({
      contents: `${imports.join('')}export const Format = { ${views.join(', ')} };`,
      resolveDir: root,
    }));
    build.onResolve({ filter: /pe-library.dist.format/ }, ({ path }) => ({ path, sideEffects: false }));
    build.onLoad({ filter: /pe-library.dist.format.\w+\.js$/ }, ({ path }) => {
      // TypeScript's helper for classes, the same text in each file.
      const text = readFileSync(path, 'utf8').replace(/^var __extends = [\s\S]*?\n\}\)\(\);\n/, (helper) => {
        inheritance = helper;
        return 'import { __extends } from "pe-library-inheritance";\n';
      });
      return { contents: withoutUnreadAccessors(text, isRead), resolveDir: dirname(path) };
    });
    build.onResolve({ filter: /^pe-library-inheritance$/ }, () => ({ path: 'inheritance', namespace: 'inheritance' }));
    build.onLoad({ filter: /.*/, namespace: 'inheritance' }, () => ({
      contents: `${inheritance}export { __extends };`,
    }));
  },
});

/** A module of pe-library without setters, and without the accessors that nobody reads, in the module itself or by `isRead`. */
function withoutUnreadAccessors(text, isRead) {
  const accessor = /^ {4}Object\.defineProperty\(\w+\.prototype, "(\w+)", \{\n[\s\S]*?\n {4}\}\);\n/gm;
  const setter = /^ {8}set: function \(val\) \{\n[\s\S]*?\n {8}\},\n/gm;
  const others = text.replaceAll(accessor, '');
  return text.replaceAll(accessor, (whole, name) =>
    isRead(name) || others.includes(`.${name}`) ? whole.replaceAll(setter, '') : '',
  );
}
