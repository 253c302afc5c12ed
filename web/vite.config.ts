import { defineConfig } from 'vite';

// The page, into the folder that the api serves (api/main.ts). Preact's JSX is told by tsconfig.json beside this file.
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    modulePreload: false,
    target: 'es2022',
    // `light-dark()` as it is: these have it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
  },
  logLevel: 'warn',
});
