import type { Aftermatch, Created, Id, Message } from "./aftermatch.js";

/** A room as a component shows it. */
export interface RoomView {
  /** That of the client. */
  state: Aftermatch["state"];
  /** The newest messages of the room, oldest first, and all that came since. */
  messages: (Message | Created)[];
  /** Why the room could not be joined or read, or was closed. */
  error: (Error & { code?: string }) | undefined;
}

/**
 * Joins a room for as long as the component is shown, and returns what is in it; with `null` no
 * room. The client belongs to the program: create it outside of components. It is in one room at
 * a time, so use this once for each client.
 */
export function useAftermatch(chat: Aftermatch, room: Id | null): RoomView;
