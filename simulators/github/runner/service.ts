/** An answer that is not a good one. `status` 0 when there was none. */
export class ServiceError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The service of the simulated GitHub, as a runner with this secret sees it. */
export interface Service {
  /** @throws ServiceError */
  call(method: string, path: string, body?: object): Promise<{ status: number; data: unknown }>;
}

/** Speaks to it. */
export function service(url: string, secret: string): Service {
  return {
    async call(method, path, body) {
      let response: Response;
      let text: string;
      try {
        response = await fetch(`${url}/_runner${path}`, {
          method,
          headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        text = await response.text();
      } catch (error) {
        throw new ServiceError(error instanceof Error ? error.message : String(error), 0);
      }
      const data: unknown = text === "" ? undefined : JSON.parse(text);
      if (response.ok) return { status: response.status, data };
      throw new ServiceError((data as { message: string }).message, response.status);
    },
  };
}
