// The page: asks the platform what is new, and has each section show it. It keeps nothing beyond its own life.

import { showClients } from "./clients.js";
import { byId, control, figure, setText, tell } from "./dom.js";
import { eventQuery, restartEvents, showEvents, startEvents } from "./events.js";
import { showFaults, startFaults, useFaultKinds } from "./faults.js";
import { filterFlags, showFlags, showShares } from "./flags.js";
import { openVisitor, startVisitor, useKinds } from "./visitor.js";

const PAUSE = 700; // milliseconds from one answer to the next question
const SECTIONS = [...document.querySelectorAll("[data-section]")]; // not by id: a hash must not scroll
const SILENT = "the platform does not answer";

let started = null; // which run of the platform the page shows
let revision = null; // which data file it shows
let next = 0;
let isAsking = false;

async function refresh() {
  clearTimeout(next);
  if (isAsking) {
    next = setTimeout(refresh, 50);
    return;
  }
  isAsking = true;
  try {
    await show();
    setText(byId("status"), "live");
    byId("status").className = "live";
    if (byId("problem").textContent === SILENT) tell();
  } catch (error) {
    setText(byId("status"), "not answering");
    byId("status").className = "silent";
    tell(error instanceof TypeError ? SILENT : error.message);
  } finally {
    isAsking = false;
    clearTimeout(next);
    next = setTimeout(refresh, document.hidden ? PAUSE * 10 : PAUSE);
  }
}

async function show() {
  const query = eventQuery();
  const live = await control(`live?${query}`);
  if (live.started !== started) {
    const isAnother = started !== null;
    started = live.started;
    revision = null;
    if (isAnother) {
      restartEvents();
      return show();
    }
  }
  if (live.revision !== revision) {
    const words = await control("flags");
    showFlags(words);
    useKinds(words.kinds);
    useFaultKinds(words);
    revision = words.revision;
  }
  setText(byId("count"), figure(live.received.total));
  setText(byId("duplicated"), figure(live.received.duplicated));
  setText(byId("requests"), figure(live.requests));
  setText(byId("revision"), revision);
  showShares(live.received.variations);
  showEvents(live.received, query);
  showClients(live.clients, live.revision);
  showFaults(live.faults);
}

function showSection() {
  const wanted = location.hash.slice(1);
  const shown = SECTIONS.some(section => section.dataset.section === wanted) ? wanted : "flags";
  for (const section of SECTIONS) section.hidden = section.dataset.section !== shown;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${shown}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
}

byId("search").addEventListener("input", filterFlags);
startVisitor();
startFaults();
startEvents(refresh, code => {
  location.hash = "visitor";
  openVisitor(code);
});
addEventListener("hashchange", showSection);
document.addEventListener("visibilitychange", refresh);
document.addEventListener("keydown", event => {
  const isTyping = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !isTyping && !SECTIONS[0].hidden) {
    event.preventDefault();
    byId("search").focus();
  }
});
showSection();
refresh();
