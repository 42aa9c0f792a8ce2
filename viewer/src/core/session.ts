/** A person proves themselves, changes the password, and leaves. */

import { ask, Problem, useCsrfToken } from "./api";

export interface Proof {
  password: string;
  code: string;
}

interface Session {
  csrfToken: string;
}

/** Sign in; the page goes on with the new session. */
export async function signIn(username: string, proof: Proof): Promise<void> {
  const session = (await ask("POST", "/api/v1/session", { body: { username, ...bodyOf(proof) } })) as Session;
  useCsrfToken(session.csrfToken);
}

/** Prove oneself anew, for what is grave. */
export async function stepUp(proof: Proof): Promise<void> {
  await ask("POST", "/api/v1/session/step-up", { body: bodyOf(proof) });
}

/** End the session; one that has ended already is as good. */
export async function signOut(): Promise<void> {
  try {
    await ask("DELETE", "/api/v1/session");
  } catch (failure) {
    if (!(failure instanceof Problem) || failure.status === 0) {
      throw failure;
    }
  }
}

/** Exchange one's own password. */
export async function changePassword(current: string, password: string): Promise<void> {
  await ask("PUT", "/api/v1/session/password", { body: { current, password } });
}

function bodyOf(proof: Proof): Partial<Proof> & { password: string } {
  return proof.code === "" ? { password: proof.password } : proof;
}
