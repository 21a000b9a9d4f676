// What goes wrong on purpose.

import { byId, change, element, setText } from "./dom.js";

let drawn = null;

export function useFaultKinds(words) {
  if (byId("fault-service").options.length) return;
  byId("fault-service").append(...words.services.map(name => element("option", { value: name }, name)));
  byId("fault-kind").append(...words.faultKinds.map(name => element("option", { value: name }, name)));
  byId("fault-service").value = "tracking";
  showFields();
}

export function showFaults(faults) {
  const entries = Object.entries(faults);
  setText(byId("fault-tally"), entries.length || "");
  const text = JSON.stringify(faults);
  if (text === drawn) return;
  drawn = text;
  byId("fault-list").replaceChildren(...entries.map(([service, fault]) => element("li", { class: "card line" },
    element("span", {}, element("b", {}, service), `: ${inWords(fault)}`),
    element("button", { type: "button", ariaLabel: `Clear ${service}`, onclick: () => change("faults", "DELETE", { service }) }, "Clear"))));
  if (!entries.length) byId("fault-list").append(element("li", { class: "muted" }, "Every service is well."));
}

export function startFaults() {
  byId("fault-kind").addEventListener("change", showFields);
  byId("fault-form").addEventListener("submit", event => {
    event.preventDefault();
    const fault = { service: byId("fault-service").value, kind: byId("fault-kind").value };
    if (isShown("fault-status")) fault.status = Number(byId("fault-status").value);
    if (isShown("fault-seconds")) fault.seconds = Number(byId("fault-seconds").value);
    if (byId("fault-times").value) fault.times = Number(byId("fault-times").value);
    change("faults", "POST", fault);
  });
}

const isShown = id => !byId(id).closest("label").hidden;

function showFields() {
  for (const label of document.querySelectorAll("#fault-form [data-of]")) {
    label.hidden = !label.dataset.of.split(" ").includes(byId("fault-kind").value);
  }
}

function inWords(fault) {
  const details = { status: ` ${fault.status}`, latency: ` of ${fault.seconds} s`, "slow-bytes": `, ${fault.seconds} s apart` };
  const times = fault.times == null ? "until it is cleared" : `for ${fault.times} request${fault.times === 1 ? "" : "s"}`;
  return `${fault.kind}${details[fault.kind] ?? ""}, ${times}`;
}
