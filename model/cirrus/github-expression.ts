/** An expression as GitHub finds it in a text. */
export function expression(text: string): string {
  return `\${{ ${text} }}`;
}

/** A text in which GitHub finds no expression. */
export function protect(text: string): string {
  return text.replaceAll(/\$\{\{/g, () => expression(`'\${{'`));
}
