/** Svelte's options; runes everywhere, so a forgotten `export let` is an error. */
export default {
  compilerOptions: { runes: true },
};
