/**
 * A mistake of a person, told so that they can mend it: the message is all they see, without a stack. Everything else is a bug.
 *
 * Pulumi hides the stack of its own `RunError` and knows one by this private mark (`RunError.isInstance`), which exists so that two copies
 * of the SDK understand each other. With the mark instead of the class the CLI need not load Pulumi, which takes half a second.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly __pulumiRunError = true;
}
