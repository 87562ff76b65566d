/** The root of the functions' archive, beside its folders `model`, `drivers` and `controllers`. */
export { handler as pool } from "./controllers/lambda/pool.ts";
export { handler as sweeper } from "./controllers/lambda/sweeper.ts";
