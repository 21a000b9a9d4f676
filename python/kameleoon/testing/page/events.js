// The events, newest first: followed, or paused; those of a visitor or a type alone. A bounded number of them is shown.

import { byId, change, element, figure, plural, setText } from "./dom.js";

const SHOWN = 200;
const NAMES = {
  activity: "activity", conversion: "conversion", customData: "custom data", experiment: "variation",
  geolocation: "geolocation", page: "page view", staticData: "device", targetingSegment: "segment",
};

let after = -1; // the number of the newest event that is shown, or was looked at
let isFollowing = true;
let waiting = 0; // events that came while paused
let asked = ""; // the filter that what is shown was asked for with

/** The query for what is not shown yet. */
export function eventQuery() {
  const query = new URLSearchParams({ after: isFollowing ? after : Number.MAX_SAFE_INTEGER, limit: SHOWN });
  query.set("visitor", byId("event-visitor").value.trim());
  query.set("type", byId("event-type").value);
  return query.toString();
}

/** Begins anew: the platform is another one, or the filter has changed. */
export function restartEvents() {
  after = -1;
  waiting = 0;
  byId("event-list").replaceChildren();
}

/** Shows what came; `query` is what it was asked for with, which may be out of date. */
export function showEvents(received, query) {
  showTypes(received.kinds);
  setText(byId("event-tally"), received.total ? figure(received.total) : "");
  if (query !== eventQuery()) return;
  const list = byId("event-list");
  if (isFollowing) {
    list.prepend(...received.events.map(eventView));
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    after = received.newest;
  } else {
    waiting = Math.max(received.newest - after, 0);
  }
  while (list.lastElementChild && Number(list.lastElementChild.dataset.number) < received.oldest) list.lastElementChild.remove();
  const isFiltered = byId("event-visitor").value || byId("event-type").value;
  byId("no-events").hidden = list.children.length > 0;
  setText(byId("no-events"), isFiltered ? "No event that is kept is like that." : "No events yet. They appear here as clients send them.");
  const shown = list.children.length === SHOWN ? `the latest ${SHOWN}` : plural(list.children.length, "event");
  setText(byId("event-note"), isFollowing ? `${shown}, newest first` : `paused; ${figure(waiting)} more came`);
}

export function startEvents(refresh, openVisitor) {
  const anew = () => {
    restartEvents();
    refresh();
  };
  byId("event-visitor").addEventListener("input", anew);
  byId("event-type").addEventListener("change", anew);
  byId("forget").addEventListener("click", async () => {
    await change("received", "DELETE");
    anew();
  });
  byId("follow").addEventListener("click", () => {
    isFollowing = !isFollowing;
    byId("follow").setAttribute("aria-pressed", isFollowing);
    setText(byId("follow"), isFollowing ? "Following" : "Paused");
    refresh();
  });
  byId("event-list").addEventListener("click", event => {
    const button = event.target.closest("button.visitor");
    if (button) openVisitor(button.textContent);
  });
}

function showTypes(counts) {
  const select = byId("event-type");
  for (const [type, count] of Object.entries(counts).sort()) {
    let option = [...select.options].find(one => one.value === type);
    if (!option) select.append(option = element("option", { value: type }));
    setText(option, `${NAMES[type] ?? type} (${figure(count)})`);
  }
}

function eventView(event) {
  const { eventType, visitorCode, mappingValue } = event.fields;
  const time = new Date(event.time * 1000);
  const raw = element("dl", { class: "raw" }, ...Object.entries(event.fields).flatMap(([name, value]) =>
    [element("dt", {}, name), element("dd", { class: "code" }, value)]));
  return element("li", { data: { number: event.number } },
    element("time", { dateTime: time.toISOString(), title: time.toLocaleString() }, time.toLocaleTimeString("en-GB")),
    element("span", { class: `type ${Object.hasOwn(NAMES, eventType) ? eventType : ""}` }, NAMES[eventType] ?? eventType ?? "?"),
    element("button", { type: "button", class: "visitor code", title: "Evaluate as this visitor" }, visitorCode ?? mappingValue ?? ""),
    element("details", {}, element("summary", {}, event.words || "–"), raw));
}
