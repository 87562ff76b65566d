/**
 * For every Node process of Pulumi's SDK. It sets this flag itself a moment after its start (runtime/closure/v8.js), and V8
 * takes no compiled code from the cache that was made under other flags.
 */
export const sdkNodeFlags = ["--allow-natives-syntax"] as const;
