/**
 * The function, which is pure, computed once for each thing that it is asked about. For what is never changed in place and
 * is asked about at each look.
 */
export function oncePer<K extends object, V extends object>(compute: (about: K) => V): (about: K) => V {
  const known = new WeakMap<K, V>();
  return (about) => {
    let value = known.get(about);
    if (value === undefined) {
      value = compute(about);
      known.set(about, value);
    }
    return value;
  };
}
