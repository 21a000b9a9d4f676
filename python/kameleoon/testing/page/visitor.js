// The visitor's view: a form of data, and every flag with its explanation.

import { byId, control, element, matches, plural, setText } from "./dom.js";
import { explanationTree } from "./tree.js";

let kinds = [];
let number = 0; // of the rows that were made, for ids

/** Takes the kinds of data, with their fields, that the platform knows. */
export function useKinds(given) {
  kinds = given;
  const chosen = byId("new-kind").value;
  byId("new-kind").replaceChildren(...kinds.map(kind => element("option", { value: kind.name }, kind.label)));
  if (chosen) byId("new-kind").value = chosen;
}

/** Fills in a visitor with what its events tell, and evaluates. */
export async function openVisitor(code) {
  byId("visitor-code").value = code;
  await fillFromEvents();
  await evaluate();
}

export function startVisitor() {
  byId("add-row").addEventListener("click", () => addRow({ kind: byId("new-kind").value }).querySelector("input, select, textarea")?.focus());
  byId("received").addEventListener("click", fillFromEvents);
  byId("answer-search").addEventListener("input", filterAnswer);
  byId("visitor-form").addEventListener("submit", event => {
    event.preventDefault();
    evaluate();
  });
}

async function fillFromEvents() {
  try {
    const found = await control(`visitor?code=${encodeURIComponent(byId("visitor-code").value)}`);
    byId("rows").replaceChildren();
    found.data.forEach(addRow);
    showMistake(found.data.length ? null : { message: `No event tells anything of ${found.visitor || "a visitor without a code"}.` });
  } catch (error) {
    showMistake(error);
  }
}

function addRow(values) {
  const kind = kinds.find(one => one.name === values.kind);
  const row = element("fieldset", { class: "row", data: { kind: kind.name } }, element("legend", {}, kind.label),
    ...kind.fields.map(field => fieldView(field, values[field.name])),
    element("button", {
      type: "button", class: "remove", ariaLabel: `Remove ${kind.label}`, title: "Remove", onclick: () => {
        row.remove();
        byId("add-row").focus();
      },
    }, "×"));
  byId("rows").append(row);
  return row;
}

function fieldView(field, value) {
  const input = inputOf(field, value);
  const parts = [input];
  if (field.suggestions.length) {
    const list = element("datalist", { id: `suggested-${++number}` }, ...field.suggestions.map(one => element("option", { value: one })));
    input.setAttribute("list", list.id);
    parts.push(list);
  }
  return element("label", { class: field.type === "switch" ? "field inline" : "field" }, field.label, ...parts);
}

function inputOf(field, value) {
  const common = { name: field.name, spellcheck: false };
  const example = field.example ? `such as ${field.example}` : "";
  if (field.type === "choice") {
    return element("select", { ...common, value: "" }, ...field.choices.map(choice =>
      element("option", { value: choice, selected: choice === value }, choice)));
  }
  if (field.type === "switch") return element("input", { ...common, type: "checkbox", checked: value ?? true });
  if (field.type === "lines") {
    const lines = [value ?? []].flat();
    return element("textarea", { ...common, rows: Math.max(lines.length, 1), value: lines.join("\n"), placeholder: example });
  }
  const isNumber = field.type === "integer" || field.type === "number";
  return element("input", { ...common, value: value ?? "", placeholder: example, inputMode: isNumber ? "decimal" : "text" });
}

function request() {
  const data = [...byId("rows").children].map(row => {
    const values = { kind: row.dataset.kind };
    for (const input of row.querySelectorAll("[name]")) {
      values[input.name] = input.type === "checkbox" ? input.checked : input.value;
    }
    return values;
  });
  return { visitor: byId("visitor-code").value, consent: JSON.parse(byId("consent").value || "null"), data };
}

async function evaluate() {
  try {
    const answer = await control("evaluate", "POST", request());
    showMistake();
    showAnswer(answer);
  } catch (error) {
    showMistake(error);
  }
}

/** Says what is wrong, and where: the field is marked, and has the focus. */
function showMistake(mistake) {
  for (const input of document.querySelectorAll("#visitor-form [aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
  byId("mistake").hidden = !mistake;
  setText(byId("mistake"), mistake?.message ?? "");
  if (!mistake?.field) return;
  const place = mistake.row == null ? byId("visitor-form") : byId("rows").children[mistake.row];
  const input = place?.querySelector(`[name="${CSS.escape(mistake.field)}"]`);
  if (!input) return;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", "mistake");
  input.focus();
}

function showAnswer(answer) {
  byId("answer-bar").hidden = false;
  setText(byId("answer-title"), `${answer.visitor}: ${plural(answer.flags.length, "flag")}`);
  const open = new Set([...byId("answer").querySelectorAll("details[open]")].map(one => one.dataset.flag));
  byId("answer").replaceChildren(...answer.flags.map(flag => flagView(flag, open.has(flag.key))));
  filterAnswer();
  if (innerWidth <= 760) byId("answer-bar").scrollIntoView(); // there it is below the form
}

function filterAnswer() {
  for (const details of byId("answer").querySelectorAll("details.flag")) {
    details.hidden = !matches(details.textContent.toLowerCase(), byId("answer-search").value.trim());
  }
}

function flagView(flag, isOpen) {
  const { variation } = flag;
  const badge = variation ? element("span", { class: `badge code${variation.is_active ? " on" : ""}` }, variation.key || "(no key)") :
    element("span", { class: "badge none" }, "disabled");
  const variables = Object.entries(variation?.variables ?? {});
  const view = element("details", { class: "flag card", open: isOpen, data: { flag: flag.key } },
    element("summary", {}, element("span", { class: "code key" }, flag.key), badge,
      variation ? element("span", { class: "muted because" }, flag.because) : null),
    explanationTree(flag));
  if (flag.together) {
    view.append(element("p", { class: "muted" }, `Where all flags are evaluated in one call it is ${flag.together}: ` +
      "a rule looks at what another flag has assigned."));
  }
  if (variables.length) {
    view.append(element("ul", { class: "plain variables" }, ...variables.map(([key, value]) =>
      element("li", { class: "code" }, `${key} = ${typeof value === "string" ? value : JSON.stringify(value)}`))));
  }
  return view;
}
