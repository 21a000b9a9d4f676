// The flags: who gets what in words, what came of it, switches and shares to change.

import { byId, change, element, figure, matches, percent, plural, setText } from "./dom.js";

let cards = new Map(); // by position and key: {flag as JSON, card, text to search}
let rows = []; // shares that count events: {id, experiment, bar, figure}

/** Draws what has changed; what is open or has the focus stays so. */
export function showFlags(words) {
  const focused = document.activeElement?.ariaLabel;
  const kept = new Map();
  words.flags.forEach((flag, position) => {
    const key = `${position} ${flag.key}`, text = JSON.stringify(flag), known = cards.get(key);
    kept.set(key, known?.json === text ? known : { json: text, card: card(flag, known?.card), text: searched(flag) });
  });
  cards = kept;
  byId("flag-list").replaceChildren(...[...cards.values()].map(each => each.card));
  byId("notes").replaceChildren(...words.notes.map(note => element("li", {}, note)),
    ...words.leftOut.map(reason => element("li", { class: "left-out" }, reason)));
  rows = [...byId("flag-list").querySelectorAll("[data-share]")];
  if (focused) [...byId("flag-list").querySelectorAll("input")].find(input => input.ariaLabel === focused)?.focus();
  setText(byId("flag-tally"), figure(words.flags.length));
  filterFlags();
}

/** Shows the flags that are searched for. */
export function filterFlags() {
  const wanted = byId("search").value.trim();
  let found = 0;
  for (const { card, text } of cards.values()) {
    card.hidden = !matches(text, wanted);
    found += !card.hidden;
  }
  setText(byId("found"), wanted ? `${figure(found)} of ${plural(cards.size, "flag")}` : plural(cards.size, "flag"));
  byId("no-flags").hidden = found > 0;
  setText(byId("no-flags"), cards.size ? `No flag has “${wanted}” in it.` : "The data file has no feature flags.");
}

/** Shows how many events named each variation; `variations` is by "experiment/variation". */
export function showShares(variations) {
  const totals = {};
  for (const [id, count] of Object.entries(variations)) {
    const experiment = id.split("/")[0];
    totals[experiment] = (totals[experiment] ?? 0) + count;
  }
  for (const row of rows) {
    const count = variations[row.dataset.share] ?? 0;
    const share = count / (totals[row.dataset.experiment] || 1);
    row.querySelector(".filled").style.width = percent(share).replace(" ", "");
    setText(row.querySelector(".count"), count ? `${figure(count)} · ${percent(share)}` : "0");
  }
}

function searched(flag) {
  const rules = flag.rules.map(rule => `${rule.sentence} ${rule.id}`);
  const variations = flag.variations.flatMap(one => [one.key, one.name, ...one.variables.map(variable => variable.key)]);
  return [flag.key, flag.id, ...flag.notes, ...rules, ...variations].join(" ").toLowerCase();
}

function card(flag, former) {
  const toggle = element("input", {
    type: "checkbox", role: "switch", checked: flag.is_enabled, ariaLabel: `${flag.key} enabled`,
    onchange: () => change("environment", "POST", { flag: flag.key, enabled: toggle.checked }),
  });
  const head = element("div", { class: "head" }, element("h2", { class: "code" }, flag.key),
    element("label", { class: "switch" }, element("span", {}, flag.is_enabled ? "Enabled" : "Disabled"), toggle));
  const rules = element("ol", { class: "rules" }, ...flag.rules.map(rule => ruleView(flag, rule)));
  const rest = element("p", { class: "muted" }, flag.rules.length ? "Everybody else: " : "Everybody: ",
    element("b", { class: "code" }, flag.default));
  const variations = element("details", { open: former?.querySelector("details")?.open },
    element("summary", {}, summary(flag.variations)), variationTable(flag.variations));
  return element("article", { class: flag.is_enabled ? "card" : "card disabled", data: { flag: flag.key } }, head,
    ...flag.notes.map(note => element("p", { class: "muted" }, note)), flag.rules.length ? rules : null, rest, variations);
}

function ruleView(flag, rule) {
  const words = element("p", {}, element("b", {}, rule.title), `: ${rule.gives}, `);
  const isShort = typeof shortened(rule.targeting) === "string";
  words.append(rule.targeting ? `for visitors ${isShort ? shortened(rule.targeting) : ""}` : "for everybody");
  const share = shareInput(rule.exposition, `exposition of rule ${rule.id}`, exposition =>
    change("exposition", "POST", { flag: flag.key, rule: rule.id, exposition }));
  const table = element("div", { class: "shares", role: "table", ariaLabel: `Variations of rule ${rule.id}` },
    ...rule.shares.map((each, number) => shareView(flag, rule, each, number)));
  return element("li", { data: { rule: rule.id } }, words, isShort ? null : element("ul", { class: "audience top" }, audience(rule.targeting)),
    element("p", { class: "exposed" }, "Exposed: the first ", share, " %", rule.respooled),
    table);
}

/** A targeting that is short enough for a sentence, as its text. */
function shortened(targeting) {
  const parts = targeting.all ?? targeting.any;
  const isShort = parts?.length === 2 && !targeting.named && parts.every(part => typeof part === "string");
  return isShort ? parts.join(targeting.all ? " and " : " or ") : targeting;
}

/** Whom a rule is for, as a tree: "all of" or "any of" what follows. */
function audience(targeting) {
  if (typeof targeting === "string") return element("li", {}, targeting);
  const parts = targeting.all ?? targeting.any;
  const list = element("ul", { class: "audience" }, ...parts.map(audience));
  const joint = parts.length < 2 ? "" : targeting.all ? "all of" : "any of";
  const head = [targeting.named, joint].filter(Boolean).join(": ");
  return element("li", {}, element("span", { class: "muted" }, `${head}${joint ? "" : ":"}`), list);
}

function shareView(flag, rule, share, number) {
  const input = shareInput(share.exposition, `share of ${share.key} in rule ${rule.id}`, exposition =>
    change("exposition", "POST", { flag: flag.key, rule: rule.id, variation: share.key, exposition }));
  return element("div", {
    role: "row", class: `share color${share.key === "off" ? "-off" : number % 5}`,
    data: { share: `${rule.experiment}/${share.id}`, experiment: rule.experiment },
  },
  element("span", { role: "rowheader", class: "code name" }, share.key),
  element("span", { role: "cell", class: "given" }, input, " %"),
  element("span", { role: "cell", class: "track" }, element("span", { class: "filled" })),
  element("span", { role: "cell", class: "count" }, "0"));
}

function shareInput(share, label, whenChanged) {
  const input = element("input", {
    type: "number", min: 0, max: 100, step: "any", value: +(share * 100).toFixed(6), ariaLabel: label, required: true,
    onchange: () => input.reportValidity() && whenChanged(Number(input.value) / 100),
  });
  return input;
}

function summary(variations) {
  const variables = new Set(variations.flatMap(one => one.variables.map(variable => variable.key)));
  const counted = plural(variations.length, "variation");
  return variables.size ? `${counted}, ${plural(variables.size, "variable")}` : counted;
}

function variationTable(variations) {
  return element("dl", { class: "variations" }, ...variations.flatMap(one => [
    element("dt", {}, element("b", { class: "code" }, one.key), one.name && one.name !== "?" ? ` ${one.name}` : ""),
    element("dd", {}, one.variables.length ? element("ul", { class: "plain" }, ...one.variables.map(variableView)) : "no variables"),
  ]));
}

function variableView(variable) {
  const value = typeof variable.value === "string" ? variable.value : JSON.stringify(variable.value);
  return element("li", {}, element("span", { class: "code" }, `${variable.key} = ${value}`),
    element("span", { class: "muted" }, ` ${variable.type}`));
}
