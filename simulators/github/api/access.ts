import { ApiError, type Call } from "../../http/route.ts";
import type { GithubState, RunnerState } from "../state.ts";

/** A call to the simulated GitHub. */
export type GithubCall = Call<GithubState>;

/** Said with every refusal. */
const documentation = { documentation_url: "https://docs.github.com/rest" };

/** GitHub's way to turn a call down. */
export function refusal(status: number, message: string): ApiError {
  return new ApiError(status, message, { ...documentation, status: String(status) });
}

/** @throws ApiError 401 without a token, 404 for another organization */
export function requireToken(call: GithubCall): void {
  const [scheme, token = ""] = (call.header("authorization") ?? "").split(" ");
  if ((scheme !== "Bearer" && scheme !== "token") || !call.state.tokens.includes(token)) {
    throw refusal(401, "Bad credentials");
  }
  const { organization = call.state.organization } = call.params;
  // GitHub does not tell whether there is something that the token may not see.
  if (organization.toLowerCase() !== call.state.organization.toLowerCase()) throw refusal(404, "Not Found");
}

/** The runner that calls, by the secret of its JIT config. @throws ApiError 401 */
export function callingRunner(call: GithubCall): RunnerState {
  const secret = (call.header("authorization") ?? "").replace(/^Bearer /, "");
  const runner = call.state.runners.find((item) => item.secret === secret);
  if (runner) return runner;
  throw new ApiError(
    401,
    "The runner registration has been deleted from the server, please re-configure. Runner registrations are automatically deleted for runners that have not connected to the service recently.",
  );
}
