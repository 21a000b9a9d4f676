// The clients that are connected, or were.

import { byId, duration, element, figure, plural, setText } from "./dom.js";

let drawn = "";

export function showClients(clients, revision) {
  const connected = clients.filter(client => client.state !== "gone").length;
  setText(byId("client-tally"), connected ? figure(connected) : "");
  const lines = clients.map(client => columns(client, revision));
  const text = JSON.stringify(lines);
  if (text === drawn) return; // what is selected stays selected
  drawn = text;
  byId("client-list").replaceChildren(clients.length ? table(lines) :
    element("p", { class: "empty" }, "No client has asked for anything yet. Give one ",
      element("code", {}, `endpoint="${location.origin}"`), "."));
}

function columns(client, revision) {
  const states = {
    streaming: `streaming${client.streams > 1 ? ` × ${client.streams}` : ""}`,
    polling: `polling, every ${duration(client.interval)}`,
    gone: "gone",
  };
  const isBehind = client.revision !== revision;
  return [
    ["State", states[client.state], client.state],
    ["Site code", client.site, "code"],
    ["Environment", client.environment || "default", client.environment ? "code" : "muted"],
    ["SDK", client.sdk || client.agent || "unknown", ""],
    ["Data file", client.revision == null ? "none" : `revision ${client.revision}${isBehind ? ", behind" : ""}`, isBehind ? "behind" : ""],
    ["Requests", figure(client.requests), ""],
    ["Last seen", client.streams || client.seen < 2 ? "now" : `${duration(client.seen)} ago`, ""],
  ];
}

function table(lines) {
  const head = element("thead", {}, element("tr", {}, ...lines[0].map(([name]) => element("th", { scope: "col" }, name))));
  const body = element("tbody", {}, ...lines.map(line => element("tr", {}, ...line.map(([name, text, kind]) =>
    element("td", { class: kind, data: { name } }, text)))));
  return element("table", { class: "clients", ariaLabel: plural(lines.length, "client") }, head, body);
}
