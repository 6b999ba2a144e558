// Access tokens, as people paste them.

/** Without what is copied along: quotes, the word `Bearer`, line breaks. */
export function cleanToken(text) {
  const quotes = /^[\s"'`«»“”]+|[\s"'`«»“”,;]+$/g;
  return text.replaceAll(quotes, "").replace(/^(authorization\s*:\s*)?bearer\s+/i, "").replaceAll(quotes, "").replaceAll(/\s/g, "");
}

/** What a token says: `{ user, expires, refresh }`, or `undefined` if it is none. */
export function readToken(token) {
  try {
    const [, payload] = token.split(".");
    const { user_id: id, exp, token_type: type } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const user = Number(id);
    if (!Number.isInteger(user) || token.split(".").length !== 3) return undefined;
    return { user, expires: Number.isFinite(exp) ? new Date(exp * 1000) : undefined, refresh: type === "refresh" };
  } catch {
    return undefined;
  }
}

/** Whether the service takes the token at an endpoint. Browsers say no more of a refused handshake. */
export function isAdmitted(token, admin) {
  const endpoint = admin ? "admin-chat" : "chat";
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/${endpoint}/`, [endpoint, token]);
    socket.onopen = () => (socket.close(1000), resolve(true));
    socket.onerror = () => resolve(false);
  });
}
