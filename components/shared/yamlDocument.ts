import { type Document, parseDocument } from "yaml";

const known = new Map<string, Document.Parsed>();

/**
 * A YAML text that people wrote, as a document: duplicate keys are errors, as in Pulumi's own reader; merge keys are how people share parts
 * of a file. Parsed once however many readers look at it (settings, roles, planner): that is most of what reading the files of an app takes.
 * Take values by `toJS`, which makes new ones, and change nothing in the document.
 */
export function yamlDocument(text: string): Document.Parsed {
  const before = known.get(text);
  if (before !== undefined) return before;
  const document = parseDocument(text, { merge: true, uniqueKeys: true });
  known.set(text, document);
  return document;
}
