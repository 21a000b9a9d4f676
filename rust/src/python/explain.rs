//! Explanations as plain dicts and lists; `kameleoon.types.explanation` gives them their types. Segments are listed, as in
//! the core: what refers to one holds its position.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::evaluation::explanation::{ConditionExplanation, Explanation, RuleExplanation, SegmentExplanation};

pub(super) fn to_dict<'py>(py: Python<'py>, explanation: &Explanation) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("steps", &explanation.steps)?;
    dict.set_item("rules", list(py, &explanation.rules, rule)?)?;
    dict.set_item("segments", list(py, &explanation.segments, segment)?)?;
    Ok(dict)
}

fn list<'py, T>(
    py: Python<'py>,
    items: &[T],
    convert: impl Fn(Python<'py>, &T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(convert(py, item)?)?;
    }
    Ok(list)
}

fn rule<'py>(py: Python<'py>, rule: &RuleExplanation) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("rule_id", rule.rule_id)?;
    dict.set_item("type", rule.kind)?;
    dict.set_item("experiment_id", rule.experiment_id)?;
    dict.set_item("segment", rule.segment)?;
    dict.set_item("result", &rule.result)?;
    dict.set_item("decided", rule.decided)?;
    Ok(dict)
}

fn segment<'py>(py: Python<'py>, segment: &SegmentExplanation) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("segment_id", segment.segment_id)?;
    dict.set_item("targeted", segment.targeted)?;
    let groups = PyList::empty(py);
    for group in &segment.groups {
        groups.append(list(py, group, condition)?)?;
    }
    dict.set_item("groups", groups)?;
    Ok(dict)
}

fn condition<'py>(py: Python<'py>, condition: &ConditionExplanation) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("type", &condition.kind)?;
    dict.set_item("definition", &condition.definition)?;
    dict.set_item("include", condition.include)?;
    dict.set_item("holds", condition.holds)?;
    dict.set_item("visitor_has", &condition.visitor_has)?;
    dict.set_item("segment", condition.segment)?;
    Ok(dict)
}
