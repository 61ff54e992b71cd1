/** One word for one thing, another for none or several. */
export const plural = (n: number, one: string, more: string): string => (n === 1 ? one : more);
