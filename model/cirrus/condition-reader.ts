import { type CompareOperator, type Condition, ConditionError, type Operand, simplify } from "./condition.ts";
import { expand, type Variables } from "./variables.ts";

const token = /\s*(&&|\|\||==|!=~|!=|=~|[!(),]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s!=&|(),'"]+)/y;
const sign = /^(&&|\|\||==|!=~?|=~|[!(),])$/;

/**
 * Reads a condition, with the values of the known variables in it (writing-tasks, "Supported Operators").
 * @throws ConditionError
 */
export function parseCondition(text: string, variables: Variables): Condition {
  return simplify(new Reader(tokenize(text), variables).whole());
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trim();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const start = token.lastIndex;
    const found = token.exec(trimmed)?.[1];
    if (found === undefined) throw new ConditionError(`\`${trimmed.slice(start)}\` cannot be read`);
    tokens.push(found);
  }
  return tokens;
}

/** Reads by descent: or, and, not, comparison. */
class Reader {
  readonly #tokens: string[];
  readonly #variables: Variables;

  constructor(tokens: string[], variables: Variables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  whole(): Condition {
    const condition = this.#or();
    if (this.#next === undefined) return condition;
    throw new ConditionError(`there is \`${this.#next}\` after its end`);
  }

  get #next(): string | undefined {
    return this.#tokens[0];
  }

  #take(): string {
    const found = this.#tokens.shift();
    if (found === undefined) throw new ConditionError("it ends too early");
    return found;
  }

  #expect(wanted: string): void {
    const found = this.#take();
    if (found !== wanted) throw new ConditionError(`there is \`${found}\` where \`${wanted}\` should be`);
  }

  #or(): Condition {
    return this.#chain("or", "||", () => this.#and());
  }

  #and(): Condition {
    return this.#chain("and", "&&", () => this.#unary());
  }

  #chain(kind: "and" | "or", between: string, part: () => Condition): Condition {
    let left = part();
    while (this.#next === between) {
      this.#take();
      left = { kind, left, right: part() };
    }
    return left;
  }

  #unary(): Condition {
    if (this.#next === "!") {
      this.#take();
      return { kind: "not", of: this.#unary() };
    }
    if (this.#next !== "(") return this.#comparison();
    this.#take();
    const inner = this.#or();
    this.#expect(")");
    return inner;
  }

  #comparison(): Condition {
    const first = this.#take();
    if (this.#next === "(") return this.#call(first);
    const left = this.#operand(first);
    const operator = this.#next;
    // A value that stands alone holds when it is `true`.
    if (!isCompareOperator(operator)) return { kind: "compare", operator: "==", left, right: { text: "true" } };
    this.#take();
    return { kind: "compare", operator, left, right: this.#operand(this.#take()) };
  }

  #call(name: string): Condition {
    if (name !== "changesInclude" && name !== "changesIncludeOnly")
      throw new ConditionError(`there is no function \`${name}\``);
    const globs: string[] = [];
    this.#expect("(");
    while (this.#next !== ")") {
      globs.push(unquote(this.#take()));
      if (this.#next !== ")") this.#expect(",");
    }
    this.#expect(")");
    return { kind: "changes", only: name === "changesIncludeOnly", globs };
  }

  #operand(found: string): Operand {
    if (sign.test(found)) throw new ConditionError(`there is \`${found}\` where a value should be`);
    const text = expand(unquote(found), this.#variables);
    const variable = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text)?.[1];
    return variable === undefined ? { text } : { variable };
  }
}

function isCompareOperator(text: string | undefined): text is CompareOperator {
  return text === "==" || text === "!=" || text === "=~" || text === "!=~";
}

function unquote(found: string): string {
  return /^(['"]).*\1$/s.test(found) ? found.slice(1, -1) : found;
}
