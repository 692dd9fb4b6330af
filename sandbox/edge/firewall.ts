import { compileExpression, type Predicate } from "../cloudflare/expression/compile.ts";
import type { RequestFacts } from "../cloudflare/expression/fields.ts";
import type { Rule } from "../cloudflare/state.ts";

/** What the custom rules make of a request. `ref` names the rule that decided, `logged` those that only took note. */
export interface FirewallVerdict {
  readonly kind: "pass" | "block" | "challenge";
  readonly ref?: string;
  readonly response?: BlockResponse;
  readonly logged: readonly string[];
}

/** The answer that a block rule may bring with it. */
export interface BlockResponse {
  readonly status_code: number;
  readonly content: string;
  readonly content_type: string;
}

/** Rules are compiled once: the store gives the same array as long as nothing changed. */
const compiled = new WeakMap<readonly Rule[], readonly (readonly [Rule, Predicate])[]>();

/** Applies the rules in order: block and challenge decide at once, skip ends the rules, log goes on. */
export function judgeRequest(rules: readonly Rule[], facts: RequestFacts): FirewallVerdict {
  const logged: string[] = [];
  for (const [rule, matches] of predicatesOf(rules)) {
    if (!matches(facts)) continue;
    switch (rule.action) {
      case "block":
        return { kind: "block", ref: rule.ref, logged, ...responseOf(rule) };
      case "managed_challenge":
        return { kind: "challenge", ref: rule.ref, logged };
      case "skip":
        // Of all that a rule may skip, only the rest of these rules exists here.
        if (skipsTheRest(rule)) return { kind: "pass", ref: rule.ref, logged };
        break;
      case "log":
        logged.push(rule.ref);
    }
  }
  return { kind: "pass", logged };
}

function predicatesOf(rules: readonly Rule[]): readonly (readonly [Rule, Predicate])[] {
  let predicates = compiled.get(rules);
  if (predicates === undefined) {
    predicates = rules.filter((rule) => rule.enabled).map((rule) => [rule, compileExpression(rule.expression)] as const);
    compiled.set(rules, predicates);
  }
  return predicates;
}

function responseOf(rule: Rule): { readonly response?: BlockResponse } {
  const parameters = rule.action_parameters as { readonly response?: BlockResponse } | undefined;
  return parameters?.response === undefined ? {} : { response: parameters.response };
}

function skipsTheRest(rule: Rule): boolean {
  return (rule.action_parameters as { readonly ruleset?: string } | undefined)?.ruleset === "current";
}
