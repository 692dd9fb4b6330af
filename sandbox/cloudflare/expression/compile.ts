import { BlockList, isIP, isIPv4 } from "node:net";
import { fields, type Field, type RequestFacts } from "./fields.ts";
import { ExpressionError, tokensOf, type Token } from "./token.ts";

export type Predicate = (facts: RequestFacts) => boolean;
type StringReader = (facts: RequestFacts) => string;

/**
 * Compiles an expression of Cloudflare's rules language to a predicate, for the part of the language that the sandbox's edge can evaluate:
 * the fields of `fields.ts`; `eq ne contains in` and their symbols; `and or xor not`, parentheses; `starts_with ends_with lower upper`;
 * `true` and `false`. Throws an `ExpressionError` for everything else: a rule that cannot be evaluated must not be accepted.
 */
export function compileExpression(expression: string): Predicate {
  return new Parser(expression).parse();
}

const binary: readonly { readonly names: readonly string[]; readonly combine: (left: Predicate, right: Predicate) => Predicate }[] = [
  // Loosest first: `not` binds tightest, then and, xor, or.
  { names: ["or", "||"], combine: (left, right) => (facts) => left(facts) || right(facts) },
  { names: ["xor", "^^"], combine: (left, right) => (facts) => left(facts) !== right(facts) },
  { names: ["and", "&&"], combine: (left, right) => (facts) => left(facts) && right(facts) },
];
const refusedOperators = ["matches", "~", "wildcard", "strict", "lt", "le", "gt", "ge", "bitwise_and"];

class Parser {
  private readonly expression: string;
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = tokensOf(expression);
  }

  parse(): Predicate {
    const predicate = this.level(0);
    if (this.peek().kind !== "end") throw this.fault(this.peek(), "unrecognised input");
    return predicate;
  }

  private level(depth: number): Predicate {
    const operator = binary[depth];
    if (operator === undefined) return this.unary();
    let left = this.level(depth + 1);
    while (operator.names.includes(this.peek().text) && this.peek().kind !== "string") {
      this.next();
      left = operator.combine(left, this.level(depth + 1));
    }
    return left;
  }

  private unary(): Predicate {
    if (this.takes("not") || this.takes("!")) {
      const operand = this.unary();
      return (facts) => !operand(facts);
    }
    if (this.takes("(")) {
      const inner = this.level(0);
      this.expect(")");
      return inner;
    }
    return this.comparison();
  }

  private comparison(): Predicate {
    const token = this.peek();
    if (token.kind !== "word") throw this.fault(token, "expected a field or a function");
    if (token.text === "true" || token.text === "false") {
      this.next();
      return () => token.text === "true";
    }
    if (token.text === "starts_with" || token.text === "ends_with") return this.affix(token.text);
    const field = fields[token.text];
    if (field?.type === "boolean") {
      this.next();
      return field.read;
    }
    if (field?.type === "address") {
      this.next();
      return this.addressComparison(field.read);
    }
    return this.stringComparison(this.stringOperand());
  }

  private affix(name: "starts_with" | "ends_with"): Predicate {
    this.next();
    this.expect("(");
    const read = this.stringOperand();
    this.expect(",");
    const literal = this.literal();
    this.expect(")");
    return name === "starts_with" ? (facts) => read(facts).startsWith(literal) : (facts) => read(facts).endsWith(literal);
  }

  private stringOperand(): StringReader {
    const token = this.next();
    if (token.kind === "word" && (token.text === "lower" || token.text === "upper")) {
      this.expect("(");
      const inner = this.stringOperand();
      this.expect(")");
      return token.text === "lower" ? (facts) => inner(facts).toLowerCase() : (facts) => inner(facts).toUpperCase();
    }
    const field: Field | undefined = token.kind === "word" ? fields[token.text] : undefined;
    if (field === undefined) throw this.fault(token, `unknown identifier (the sandbox's edge evaluates ${Object.keys(fields).join(", ")})`);
    if (field.type !== "string") throw this.fault(token, `expected value of type Bytes, but got ${field.type}`);
    return field.read;
  }

  private stringComparison(read: StringReader): Predicate {
    const operator = this.operator(["eq", "ne", "contains", "in"]);
    if (operator === "in") {
      const values = new Set(this.set(() => this.literal()));
      return (facts) => values.has(read(facts));
    }
    const literal = this.literal();
    if (operator === "contains") return (facts) => read(facts).includes(literal);
    return operator === "eq" ? (facts) => read(facts) === literal : (facts) => read(facts) !== literal;
  }

  private addressComparison(read: StringReader): Predicate {
    const operator = this.operator(["eq", "ne", "in"]);
    const list = new BlockList();
    if (operator === "in") this.set(() => this.address(list, true));
    else this.address(list, false);
    const includes = (address: string): boolean => list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
    return operator === "ne" ? (facts) => !includes(read(facts)) : (facts) => includes(read(facts));
  }

  private address(list: BlockList, ranges: boolean): void {
    const token = this.next();
    const [address = "", prefix] = token.text.split("/", 2);
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    const limit = family === "ipv4" ? 32 : 128;
    if (token.kind !== "address" || isIP(address) === 0 || (prefix !== undefined && Number(prefix) > limit))
      throw this.fault(token, "expected an IP address");
    if (prefix === undefined) list.addAddress(address, family);
    else if (ranges) list.addSubnet(address, Number(prefix), family);
    else throw this.fault(token, "expected an IP address without prefix; use in {…} for a range");
  }

  private set<Value>(element: () => Value): Value[] {
    if (this.takes("$")) throw this.fault(this.peek(), "the sandbox's edge knows no lists; write the values out in {…}");
    this.expect("{");
    if (this.peek().text === "}") throw this.fault(this.peek(), "expected at least one value");
    const values: Value[] = [];
    while (!this.takes("}")) values.push(element());
    return values;
  }

  private operator(allowed: readonly string[]): string {
    const token = this.next();
    const name = token.text === "==" ? "eq" : token.text === "!=" ? "ne" : token.text;
    if (token.kind !== "string" && allowed.includes(name)) return name;
    const reason = refusedOperators.includes(name)
      ? `the sandbox's edge cannot evaluate "${name}"`
      : `expected one of ${allowed.join(", ")}`;
    throw this.fault(token, reason);
  }

  private literal(): string {
    const token = this.next();
    if (token.kind !== "string") throw this.fault(token, "expected a quoted string");
    return token.text;
  }

  private peek(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)];
    if (token === undefined) throw new Error("an expression without tokens");
    return token;
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  private takes(text: string): boolean {
    const token = this.peek();
    if (token.kind === "string" || token.text !== text) return false;
    this.at += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.takes(text)) throw this.fault(this.peek(), `expected literal "${text}"`);
  }

  private fault(token: Token, reason: string): ExpressionError {
    return new ExpressionError(this.expression, token.start, token.length, reason);
  }
}
