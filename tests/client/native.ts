// A program for React Native: there are no types of a browser, but for what React Native declares.

import { Aftermatch, type Id } from "aftermatch";
import { useAftermatch } from "aftermatch/react";

declare global {
  interface AbortSignal { readonly aborted: boolean }
}

const chat = new Aftermatch({ url: "wss://chat.example.com", token: async () => "a token" });

export function lines(room: Id | null): string[] {
  const { state, messages, error } = useAftermatch(chat, room);
  return [state, ...messages.map(({ text }) => text), error?.code ?? ""];
}

export async function send(text: string): Promise<Id> {
  chat.addEventListener("message", ({ detail: { data } }) => lines(data.room_id), { once: true });
  return (await chat.send(text)).id;
}
