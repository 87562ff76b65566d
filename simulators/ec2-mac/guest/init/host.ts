import type { Answer, FromGuest, Question, ToGuest } from "../messages.ts";

/** The way to the runner outside. */
export class Host {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  /** Hears what comes, except answers to what was asked. When the runner is gone, so is the Mac. */
  listen(hear: (message: ToGuest) => void): void {
    process.on("disconnect", () => process.exit(0));
    process.on("message", (message: ToGuest) => {
      if (message.kind !== "answer") {
        hear(message);
        return;
      }
      this.#waiting.get(message.id)?.(message.answer);
      this.#waiting.delete(message.id);
    });
  }

  /** Asks for what only the outside can tell. */
  ask(question: Question): Promise<Answer> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.tell({ kind: "ask", id, ...question });
    });
  }

  /** Says something that needs no answer. */
  tell(message: FromGuest): void {
    process.send?.(message);
  }
}
