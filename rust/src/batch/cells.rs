//! The values of an Arrow array, row by row, whatever its layout: sliced, dictionary-encoded, views, lists.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, LargeStringArray, OffsetSizeTrait, StringArray, StringViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use crate::numbers::{Number, write_float};

/// An array's values.
pub enum Cells {
    /// Nothing but nulls.
    Null,
    /// Text with offsets of 32 bits.
    Text(StringArray),
    /// Text with offsets of 64 bits.
    LargeText(LargeStringArray),
    /// Text as views.
    TextView(StringViewArray),
    /// Whole numbers.
    Integer(Vec<i64>, Option<NullBuffer>),
    /// Other numbers.
    Float(Vec<f64>, Option<NullBuffer>),
    /// Truths.
    Boolean(BooleanArray),
    /// Positions in other values; [`NO_KEY`] is null.
    Dictionary(Vec<u32>, Box<Cells>),
    /// Lists: where each begins and ends in the items.
    List(Vec<(usize, usize)>, Option<NullBuffer>, Box<Cells>),
    /// Lists of names and values.
    Map(Vec<(usize, usize)>, Option<NullBuffer>, Box<(Cells, Cells)>),
}

/// The key of a null in [`Cells::Dictionary`].
pub const NO_KEY: u32 = u32::MAX;

/// What types of values there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing but nulls, which may stand for anything.
    Null,
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Float,
    /// Truths.
    Boolean,
    /// Lists of nothing but nulls, which may stand for any lists.
    Nulls,
    /// Lists of text.
    Texts,
    /// Lists of whole numbers.
    Integers,
    /// Lists of other numbers, or of truths.
    Others,
    /// Maps from text to text.
    Map,
}

impl Shape {
    /// The shape of a type; `None` for those that are not read.
    pub fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Null => Self::Null,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64 => Self::Integer,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::Dictionary(_, values) => Self::of(values)?,
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                match item.data_type() {
                    DataType::Struct(fields) if fields.len() == 2 => {
                        let texts = fields.iter().all(|field| Self::of(field.data_type()) == Some(Self::Text));
                        return texts.then_some(Self::Map);
                    }
                    item => match Self::of(item)? {
                        Self::Null => Self::Nulls,
                        Self::Text => Self::Texts,
                        Self::Integer => Self::Integers,
                        Self::Float | Self::Boolean => Self::Others,
                        Self::Nulls | Self::Texts | Self::Integers | Self::Others | Self::Map => return None,
                    },
                }
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    let texts = fields.iter().all(|field| Self::of(field.data_type()) == Some(Self::Text));
                    return texts.then_some(Self::Map);
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}

impl Cells {
    /// The values of an array whose type has a [`Shape`]; those of any other count as null.
    pub fn new(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string().clone()),
            DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
            DataType::Int8 => integers::<Int8Type>(array),
            DataType::Int16 => integers::<Int16Type>(array),
            DataType::Int32 => integers::<Int32Type>(array),
            DataType::Int64 => integers::<Int64Type>(array),
            DataType::UInt8 => integers::<UInt8Type>(array),
            DataType::UInt16 => integers::<UInt16Type>(array),
            DataType::UInt32 => integers::<UInt32Type>(array),
            DataType::UInt64 => large_integers(array),
            DataType::Float16 => floats::<Float16Type>(array),
            DataType::Float32 => floats::<Float32Type>(array),
            DataType::Float64 => floats::<Float64Type>(array),
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Dictionary(..) => dictionary(array),
            DataType::List(_) => lists::<i32>(array),
            DataType::LargeList(_) => lists::<i64>(array),
            DataType::FixedSizeList(_, size) => {
                let list = array.as_fixed_size_list();
                let size = usize::try_from(*size).unwrap_or(0);
                let ranges = (0..list.len()).map(|row| (row * size, (row + 1) * size)).collect();
                of_items(ranges, list.nulls().cloned(), list.values())
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let entries: ArrayRef = Arc::new(map.entries().clone());
                of_offsets(map.offsets(), map.nulls().cloned(), &entries)
            }
            _ => Self::Null,
        }
    }

    /// Whether a row has nothing.
    pub fn is_null(&self, row: usize) -> bool {
        let among = |nulls: &Option<NullBuffer>| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        match self {
            Self::Null => true,
            Self::Text(array) => array.is_null(row),
            Self::LargeText(array) => array.is_null(row),
            Self::TextView(array) => array.is_null(row),
            Self::Integer(_, nulls) | Self::Float(_, nulls) | Self::List(_, nulls, _) | Self::Map(_, nulls, _) => {
                among(nulls)
            }
            Self::Boolean(array) => array.is_null(row),
            Self::Dictionary(keys, values) => keys[row] == NO_KEY || values.is_null(keys[row] as usize),
        }
    }

    /// The text of a row, if it is text.
    #[inline]
    pub fn str(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text(array) => array.is_valid(row).then(|| array.value(row)),
            Self::LargeText(array) => array.is_valid(row).then(|| array.value(row)),
            Self::TextView(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary(keys, values) if keys[row] != NO_KEY => values.str(keys[row] as usize),
            _ => None,
        }
    }

    /// The text of the first `count` rows, as [`Self::str`] has it. What an array is, is asked once.
    #[inline]
    pub fn each_str<'a>(&'a self, count: usize, mut each: impl FnMut(Option<&'a str>)) {
        match self {
            Self::Text(array) if array.null_count() == 0 => (0..count).for_each(|row| each(Some(array.value(row)))),
            Self::TextView(array) if array.null_count() == 0 => (0..count).for_each(|row| each(Some(array.value(row)))),
            _ => (0..count).for_each(|row| each(self.str(row))),
        }
    }

    /// A row as text, as Python writes it: `1`, `1.5`; truths as JSON writes them.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Dictionary(keys, values) if keys[row] != NO_KEY => values.text(keys[row] as usize),
            _ if self.is_null(row) => None,
            Self::Integer(values, _) => Some(values[row].to_string().into()),
            Self::Float(values, _) => {
                let mut text = String::new();
                match values[row] {
                    value if value.is_nan() => text.push_str("NaN"),
                    value if value.is_infinite() => text.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" }),
                    value => write_float(&mut text, value),
                }
                Some(text.into())
            }
            Self::Boolean(array) => Some(if array.value(row) { "true" } else { "false" }.into()),
            _ => self.str(row).map(Cow::Borrowed),
        }
    }

    /// A row as a number; text counts as what it says.
    pub fn number(&self, row: usize) -> Option<Number> {
        match self {
            Self::Dictionary(keys, values) if keys[row] != NO_KEY => values.number(keys[row] as usize),
            _ if self.is_null(row) => None,
            Self::Integer(values, _) => Some(Number::Integer(values[row])),
            Self::Float(values, _) => Some(Number::Float(values[row])),
            _ => Number::parse(self.str(row)?),
        }
    }

    /// Where a row's items lie, and in what; of what is no list, the row itself.
    pub fn items(&self, row: usize) -> (std::ops::Range<usize>, &Self) {
        match self {
            Self::List(..) | Self::Map(..) if self.is_null(row) => (0..0, self),
            Self::List(ranges, _, items) => (ranges[row].0..ranges[row].1, items),
            Self::Map(ranges, ..) => (ranges[row].0..ranges[row].1, self),
            Self::Dictionary(keys, values) if keys[row] != NO_KEY => values.items(keys[row] as usize),
            _ => (row..row + 1, self),
        }
    }

    /// An entry of a map.
    pub fn entry(&self, position: usize) -> Option<(&str, &str)> {
        let Self::Map(_, _, entries) = self else { return None };
        Some((entries.0.str(position)?, entries.1.str(position)?))
    }
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Cells
where
    i64: From<T::Native>,
{
    let array = array.as_primitive::<T>();
    Cells::Integer(array.values().iter().map(|value| i64::from(*value)).collect(), array.nulls().cloned())
}

/// Those beyond 63 bits are no ids and no indices: they count as null.
fn large_integers(array: &ArrayRef) -> Cells {
    let array = array.as_primitive::<UInt64Type>();
    let fit: NullBuffer = array.iter().map(|value| value.is_some_and(|value| i64::try_from(value).is_ok())).collect();
    Cells::Integer(array.values().iter().map(|value| value.cast_signed()).collect(), Some(fit))
}

fn floats<T: ArrowPrimitiveType>(array: &ArrayRef) -> Cells
where
    f64: From<T::Native>,
{
    let array = array.as_primitive::<T>();
    Cells::Float(array.values().iter().map(|value| f64::from(*value)).collect(), array.nulls().cloned())
}

fn dictionary(array: &ArrayRef) -> Cells {
    let dictionary = array.as_any_dictionary();
    let values = dictionary.values();
    let count = values.len();
    let Cells::Integer(keys, nulls) = Cells::new(&dictionary.keys().slice(0, dictionary.len())) else {
        return Cells::Null;
    };
    let key = |(row, key): (usize, i64)| {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        u32::try_from(key).ok().filter(|key| !is_null && (*key as usize) < count).unwrap_or(NO_KEY)
    };
    Cells::Dictionary(keys.into_iter().enumerate().map(key).collect(), Box::new(Cells::new(values)))
}

fn lists<O: OffsetSizeTrait>(array: &ArrayRef) -> Cells {
    let list = array.as_list::<O>();
    of_offsets(list.offsets(), list.nulls().cloned(), list.values())
}

/// Of a slice only the items that belong to it are read.
fn of_offsets<O: OffsetSizeTrait>(offsets: &[O], nulls: Option<NullBuffer>, items: &ArrayRef) -> Cells {
    let first = offsets.first().map_or(0, |first| first.as_usize());
    let last = offsets.last().map_or(0, |last| last.as_usize());
    let ranges = offsets.windows(2).map(|pair| (pair[0].as_usize() - first, pair[1].as_usize() - first)).collect();
    of_items(ranges, nulls, &items.slice(first, last - first))
}

fn of_items(ranges: Vec<(usize, usize)>, nulls: Option<NullBuffer>, items: &ArrayRef) -> Cells {
    let Some(entries) = items.as_struct_opt() else {
        return Cells::List(ranges, nulls, Box::new(Cells::new(items)));
    };
    match entries.columns() {
        [names, values] => Cells::Map(ranges, nulls, Box::new((Cells::new(names), Cells::new(values)))),
        _ => Cells::Null,
    }
}
