/** The page's own markup: an element that must be there, of the type the caller names. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`index.html holds no ${type.name} with the id ${id}`);
}
