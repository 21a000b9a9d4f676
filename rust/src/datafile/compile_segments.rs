//! From the wire shapes of segments to condition trees; references between segments become indices.

use jiter::JsonValue;

use super::compile_condition::{Reading, References};
use super::condition::{Condition, ConditionTree, Expression, Term, VisitCondition};
use super::index::SegmentIndex;
use super::model::{DataFile, Map, Segment};
use super::wire::{DataFileWire, Omissions, SegmentWire};
use crate::json::Fields;
use crate::pattern;
use crate::value::write_json_string;

/// Segments may refer to one another this deep; a reference beyond that is false.
const MAX_SEGMENT_DEPTH: usize = 100;

/// All segments, those inside rules included, and the index of each id.
pub(super) fn compile_segments(
    data_file: &mut DataFile,
    wire: &DataFileWire<'_>,
    omissions: &mut Omissions,
) -> Map<i64, SegmentIndex> {
    let rules = || wire.feature_flags.iter().flat_map(|flag| flag.rules.iter().map(move |rule| (flag, rule)));
    let inline = rules().filter_map(|(_, rule)| rule.segment.as_ref());
    // The last segment of an id counts, at the position of the first.
    let mut indices: Map<i64, SegmentIndex> = Map::default();
    let mut unique: Vec<&SegmentWire<'_>> = Vec::new();
    for segment in wire.segments.iter().chain(inline) {
        if let Some(index) = indices.get(&segment.id) {
            unique[index.position()] = segment;
        } else {
            indices.insert(segment.id, SegmentIndex::new(unique.len()));
            unique.push(segment);
        }
    }
    let mut references =
        References { rules_by_flag_id: Map::default(), variations_by_key: Map::default(), segments: &indices };
    let mut variation_keys: Map<i64, &str> = Map::default();
    for (flag, rule) in rules() {
        references.rules_by_flag_id.entry(flag.id).or_default().push((rule.id, rule.experiment.experiment_id));
        for exposure in &rule.experiment.variation_by_exposition {
            if let Some(id) = exposure.variation_id {
                variation_keys.insert(id, exposure.variation_key);
            }
        }
    }
    for (id, key) in variation_keys {
        references.variations_by_key.entry(key).or_default().push(id);
    }
    let mut patterns = pattern::Compiler::default();
    for segment in unique {
        if segment.audience_tracking {
            data_file.audiences.push(SegmentIndex::new(data_file.segments.len()));
        }
        let tree = compile_tree(segment, &references, &mut patterns, omissions);
        data_file.segments.push(Segment { tree, ..Segment::everybody(segment.id) });
    }
    drop(references);
    break_cycles(&mut data_file.segments, omissions);
    data_file.remembered_segments = number_remembered(&mut data_file.segments);
    for (term, number) in data_file.segments.iter_mut().flat_map(Segment::terms_mut).zip(0..) {
        term.number = number;
    }
    let counts_today = |term: &Term| matches!(term.condition, Condition::Visit(VisitCondition::Today(_)));
    data_file.uses_local_day = data_file.segments.iter().flat_map(Segment::terms).any(counts_today);
    indices
}

/// Numbers the segments that several conditions refer to; returns how many there are.
fn number_remembered(segments: &mut [Segment]) -> u32 {
    let mut references = vec![0usize; segments.len()];
    for segment in &*segments {
        for target in references_of(segment) {
            references[target] += 1;
        }
    }
    let mut count = 0;
    for (segment, references) in segments.iter_mut().zip(references) {
        if references > 1 {
            segment.remembered = Some(count);
            count += 1;
        }
    }
    count
}

fn compile_tree(
    segment: &SegmentWire<'_>,
    references: &References<'_>,
    patterns: &mut pattern::Compiler,
    omissions: &mut Omissions,
) -> ConditionTree {
    let Some(conditions) = segment.conditions_data else { return Expression::default() };
    let mut compile = |fields: Fields<'_>| compile_term(segment.id, fields, references, patterns, omissions);
    let tree = read_expression(conditions, "firstLevel", "firstLevelOrOperators", &mut |group| {
        let group = Fields::of(group)?;
        read_expression(group, "conditions", "orOperators", &mut |term| Ok(compile(Fields::of(term)?)))
    });
    tree.unwrap_or_else(|reason| {
        // Without its shape a segment cannot be trusted to let anybody in.
        omissions.add("segment", segment.id.to_string(), format!("it targets nobody: {reason}"));
        let nobody =
            Term { number: 0, condition: Condition::Never, include: true, kind: "".into(), definition: "".into() };
        let group = Expression { items: Box::new([nobody]), or_operators: Box::default() };
        Expression { items: Box::new([group]), or_operators: Box::default() }
    })
}

fn read_expression<'a, T>(
    fields: Fields<'a>,
    items: &str,
    operators: &str,
    read: &mut dyn FnMut(&'a JsonValue<'a>) -> Result<T, String>,
) -> Result<Expression<T>, String> {
    let mut or_operators = Vec::new();
    for operator in fields.array(operators)?.unwrap_or_default() {
        match operator {
            JsonValue::Bool(or) => or_operators.push(*or),
            _ => return Err(format!("{operators}: expected booleans")),
        }
    }
    let items: Result<Vec<T>, String> = fields.array(items)?.unwrap_or_default().iter().map(read).collect();
    Ok(Expression { items: items?.into(), or_operators: or_operators.into() })
}

fn compile_term(
    segment: i64,
    fields: Fields<'_>,
    references: &References<'_>,
    patterns: &mut pattern::Compiler,
    omissions: &mut Omissions,
) -> Term {
    let kind = fields.text("targetingType").ok().flatten().unwrap_or("");
    let owner = format!("{kind} of segment {segment}");
    let reading = Reading { fields, references, patterns, owner: &owner };
    let compiled = reading.condition(kind);
    let mut leave_out = |reason: String| {
        omissions.add("condition", owner.clone(), format!("it is false: {reason}"));
        Condition::Never
    };
    let condition = match compiled {
        Ok(Some(condition)) => condition,
        Ok(None) => leave_out("this kind is not known".into()),
        Err(reason) => leave_out(reason),
    };
    let mut definition = String::new();
    let shown = fields.unique().into_iter().filter(|(name, _)| !matches!(*name, "targetingType" | "isInclude"));
    for (name, value) in shown {
        definition.push_str(if definition.is_empty() { "" } else { ", " });
        definition.push_str(name);
        definition.push_str(": ");
        write_scalar(&mut definition, value);
    }
    let include = !matches!(fields.get("isInclude"), Some(JsonValue::Bool(false)));
    Term { number: 0, condition, include, kind: kind.into(), definition: definition.into() }
}

fn write_scalar(out: &mut String, value: &JsonValue<'_>) {
    match value {
        JsonValue::Str(text) => write_json_string(out, text),
        JsonValue::Int(integer) => out.push_str(&integer.to_string()),
        JsonValue::Float(float) => crate::numbers::write_float(out, *float),
        JsonValue::Bool(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
        JsonValue::Null => out.push_str("null"),
        _ => out.push('…'),
    }
}

/// Makes every reference in a cycle of segments, or beyond [`MAX_SEGMENT_DEPTH`], false **(ours)**; what is left is a
/// shallow acyclic graph, so that evaluating a segment may recurse.
fn break_cycles(segments: &mut [Segment], omissions: &mut Omissions) {
    let edges: Vec<Vec<usize>> = segments.iter().map(|segment| references_of(segment).collect()).collect();
    if edges.iter().all(Vec::is_empty) {
        return;
    }
    let component = components(&edges);
    cut(segments, omissions, "it leads back to itself", |from, to| component[from] == component[to]);
    let heights = heights(segments);
    cut(segments, omissions, "it leads too deep", |_, to| heights[to] >= MAX_SEGMENT_DEPTH);
}

/// The segments that a segment refers to.
fn references_of(segment: &Segment) -> impl Iterator<Item = usize> {
    segment.terms().filter_map(|term| match term.condition {
        Condition::Segment(target) => Some(target.position()),
        _ => None,
    })
}

/// Makes false every reference that `is_broken` from one segment to another.
fn cut(segments: &mut [Segment], omissions: &mut Omissions, reason: &str, is_broken: impl Fn(usize, usize) -> bool) {
    for (position, segment) in segments.iter_mut().enumerate() {
        let id = segment.id;
        for term in segment.terms_mut() {
            if let Condition::Segment(target) = term.condition
                && is_broken(position, target.position())
            {
                term.condition = Condition::Never;
                omissions.add("condition", format!("SEGMENT of segment {id}"), format!("it is false: {reason}"));
            }
        }
    }
}

/// How many references deep each segment of an acyclic graph goes, counted no further than it matters.
fn heights(segments: &[Segment]) -> Vec<usize> {
    let mut heights = vec![0usize; segments.len()];
    // Each round settles the segments one reference higher.
    for _ in 0..=MAX_SEGMENT_DEPTH {
        let mut changed = false;
        for (position, segment) in segments.iter().enumerate() {
            let height = references_of(segment).map(|target| heights[target] + 1).max().unwrap_or(0);
            changed |= std::mem::replace(&mut heights[position], height) != height;
        }
        if !changed {
            break;
        }
    }
    heights
}

/// The strongly connected component of each node (Tarjan's algorithm, without recursion). An edge within a component
/// lies on a cycle.
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let count = edges.len();
    let (mut order, mut lowest, mut component) = (vec![UNSEEN; count], vec![0; count], vec![UNSEEN; count]);
    let (mut clock, mut count_closed, mut open) = (0, 0, Vec::new());
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, next)) = work.pop() {
            if next == 0 {
                order[node] = clock;
                lowest[node] = clock;
                clock += 1;
                open.push(node);
            }
            if let Some(target) = edges[node].get(next) {
                work.push((node, next + 1));
                if order[*target] == UNSEEN {
                    work.push((*target, 0));
                } else if component[*target] == UNSEEN {
                    lowest[node] = lowest[node].min(order[*target]);
                }
                continue;
            }
            if lowest[node] == order[node] {
                while let Some(member) = open.pop() {
                    component[member] = count_closed;
                    if member == node {
                        break;
                    }
                }
                count_closed += 1;
            }
            if let Some((parent, _)) = work.last() {
                lowest[*parent] = lowest[*parent].min(lowest[node]);
            }
        }
    }
    component
}
