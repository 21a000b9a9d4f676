//! Values as an Arrow array of one of the layouts that stand for them: narrow and wide types, views, dictionaries with
//! unused and null entries, slices, lists of three kinds, maps; with garbage where nothing is to be read.

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeListArray, LargeListArray, LargeStringArray, ListArray,
    MapArray, NullArray, PrimitiveArray, StringArray, StringViewArray, StructArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// None.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A truth.
    Boolean(bool),
    /// Values in order.
    List(Vec<Cell>),
    /// Names and values.
    Map(Vec<(String, Option<String>)>),
}

/// What the values of a column are, nulls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// [`Cell::Text`].
    Text,
    /// [`Cell::Integer`].
    Integer,
    /// [`Cell::Float`].
    Float,
    /// [`Cell::Boolean`].
    Boolean,
    /// [`Cell::List`] of text.
    Texts,
    /// [`Cell::List`] of whole numbers.
    Integers,
    /// [`Cell::List`] of other numbers.
    Floats,
    /// [`Cell::Map`].
    Map,
}

impl Content {
    /// What the items of a list are.
    pub fn items(self) -> Option<Self> {
        match self {
            Self::Texts => Some(Self::Text),
            Self::Integers => Some(Self::Integer),
            Self::Floats => Some(Self::Float),
            _ => None,
        }
    }

    /// A value to be found where none is to be read.
    fn garbage(self) -> Cell {
        match self {
            Self::Text => Cell::Text("garbage".into()),
            Self::Integer => Cell::Integer(77),
            Self::Float => Cell::Float(77.5),
            Self::Boolean => Cell::Boolean(true),
            Self::Texts | Self::Integers | Self::Floats => {
                Cell::List(vec![self.items().map_or(Cell::Null, Self::garbage)])
            }
            Self::Map => Cell::Map(vec![("garbage".into(), None)]),
        }
    }
}

/// An array of these values.
pub fn array(chance: &mut Unstructured<'_>, content: Content, cells: &[Cell]) -> Result<ArrayRef> {
    let all_null = cells.iter().all(|cell| *cell == Cell::Null);
    if all_null && chance.ratio(1, 2)? {
        return Ok(Arc::new(NullArray::new(cells.len())));
    }
    // A slice of a longer array, maybe.
    let (before, after) = (chance.int_in_range(0..=3)?, chance.int_in_range(0..=2)?);
    let mut longer = vec![content.garbage(); before];
    longer.extend_from_slice(cells);
    longer.resize(before + cells.len() + after, content.garbage());
    let array =
        if chance.ratio(1, 4)? { dictionary(chance, content, &longer)? } else { plain(chance, content, &longer)? };
    Ok(array.slice(before, cells.len()))
}

fn nulls(cells: &[Cell]) -> Option<NullBuffer> {
    cells.contains(&Cell::Null).then(|| cells.iter().map(|cell| *cell != Cell::Null).collect())
}

fn plain(chance: &mut Unstructured<'_>, content: Content, cells: &[Cell]) -> Result<ArrayRef> {
    match content {
        Content::Text => texts(chance, cells),
        Content::Integer => integers(chance, cells),
        Content::Float => floats(chance, cells),
        Content::Boolean => {
            let truths: BooleanBuffer = cells.iter().map(|cell| *cell == Cell::Boolean(true)).collect();
            Ok(Arc::new(BooleanArray::new(truths, nulls(cells))))
        }
        Content::Texts | Content::Integers | Content::Floats => lists(chance, content, cells),
        Content::Map => maps(chance, cells),
    }
}

fn texts(chance: &mut Unstructured<'_>, cells: &[Cell]) -> Result<ArrayRef> {
    let all: Vec<&str> = cells.iter().map(|cell| if let Cell::Text(text) = cell { text } else { "garbage" }).collect();
    let nulls = nulls(cells);
    Ok(match chance.int_in_range(0..=2)? {
        0 => {
            let (offsets, values, _) = StringArray::from(all).into_parts();
            Arc::new(StringArray::new(offsets, values, nulls))
        }
        1 => {
            let (offsets, values, _) = LargeStringArray::from(all).into_parts();
            Arc::new(LargeStringArray::new(offsets, values, nulls))
        }
        _ => {
            let (views, buffers, _) = StringViewArray::from(all).into_parts();
            Arc::new(StringViewArray::new(views, buffers, nulls))
        }
    })
}

fn numbers<T: ArrowPrimitiveType>(cells: &[Cell], read: impl Fn(&Cell) -> Option<T::Native>) -> ArrayRef {
    let values: ScalarBuffer<T::Native> = cells.iter().map(|cell| read(cell).unwrap_or_default()).collect();
    Arc::new(PrimitiveArray::<T>::new(values, nulls(cells)))
}

fn integers(chance: &mut Unstructured<'_>, cells: &[Cell]) -> Result<ArrayRef> {
    fn of<T: ArrowPrimitiveType>(cells: &[Cell]) -> Option<ArrayRef>
    where
        T::Native: TryFrom<i64>,
    {
        let read =
            |cell: &Cell| if let Cell::Integer(integer) = cell { T::Native::try_from(*integer).ok() } else { None };
        let fits = cells.iter().all(|cell| *cell == Cell::Null || read(cell).is_some());
        fits.then(|| numbers::<T>(cells, read))
    }
    let narrow = match chance.int_in_range(0..=7)? {
        0 => of::<Int8Type>(cells),
        1 => of::<Int16Type>(cells),
        2 => of::<Int32Type>(cells),
        3 => of::<UInt8Type>(cells),
        4 => of::<UInt16Type>(cells),
        5 => of::<UInt32Type>(cells),
        6 => of::<UInt64Type>(cells),
        _ => None,
    };
    Ok(narrow.or_else(|| of::<Int64Type>(cells)).expect("64 bits suffice"))
}

fn floats(chance: &mut Unstructured<'_>, cells: &[Cell]) -> Result<ArrayRef> {
    let float = |cell: &Cell| if let Cell::Float(float) = cell { Some(*float) } else { None };
    #[expect(clippy::cast_possible_truncation, reason = "it is compared with what it was")]
    let narrow = |float: f64| float as f32;
    let fits = cells.iter().filter_map(float).all(|float| f64::from(narrow(float)).to_bits() == float.to_bits());
    Ok(if fits && chance.arbitrary()? {
        numbers::<Float32Type>(cells, |cell| float(cell).map(narrow))
    } else {
        numbers::<Float64Type>(cells, float)
    })
}

/// Where each list begins and ends in the items of all; a null one may have some, too, and so may nobody.
fn flattened(
    chance: &mut Unstructured<'_>,
    lists: Vec<Option<Vec<Cell>>>,
    garbage: &Cell,
) -> Result<(Vec<usize>, Vec<Cell>)> {
    let mut items = vec![garbage.clone(); chance.int_in_range(0..=2)?];
    let mut ends = vec![items.len()];
    for list in lists {
        match list {
            Some(list) => items.extend(list),
            None => items.resize(items.len() + chance.int_in_range(0..=2)?, garbage.clone()),
        }
        ends.push(items.len());
    }
    Ok((ends, items))
}

fn offsets<O: arrow_array::OffsetSizeTrait>(ends: &[usize]) -> OffsetBuffer<O> {
    OffsetBuffer::new(ends.iter().map(|end| O::usize_as(*end)).collect())
}

fn lists(chance: &mut Unstructured<'_>, content: Content, cells: &[Cell]) -> Result<ArrayRef> {
    let of = content.items().expect("a list");
    let list = |cell: &Cell| if let Cell::List(items) = cell { Some(items.clone()) } else { None };
    let field = |items: &ArrayRef| Arc::new(Field::new("item", items.data_type().clone(), true));
    let lengths: Vec<usize> = cells.iter().filter_map(list).map(|items| items.len()).collect();
    let length = lengths.first().copied().unwrap_or(1);
    if lengths.iter().all(|other| *other == length) && chance.arbitrary()? {
        let none = || vec![of.garbage(); length];
        let items: Vec<Cell> = cells.iter().flat_map(|cell| list(cell).unwrap_or_else(none)).collect();
        let items = array(chance, of, &items)?;
        let size = i32::try_from(length).expect("short lists");
        let fixed = FixedSizeListArray::try_new_with_length(field(&items), size, items, nulls(cells), cells.len());
        return Ok(Arc::new(fixed.expect("as many items as there are")));
    }
    let (ends, items) = flattened(chance, cells.iter().map(list).collect(), &of.garbage())?;
    let items = array(chance, of, &items)?;
    Ok(if chance.arbitrary()? {
        Arc::new(ListArray::new(field(&items), offsets(&ends), items, nulls(cells)))
    } else {
        Arc::new(LargeListArray::new(field(&items), offsets(&ends), items, nulls(cells)))
    })
}

fn maps(chance: &mut Unstructured<'_>, cells: &[Cell]) -> Result<ArrayRef> {
    let name = |entry: &(String, Option<String>)| Cell::Text(entry.0.clone());
    let value = |entry: &(String, Option<String>)| entry.1.clone().map_or(Cell::Null, Cell::Text);
    let mut entries: Vec<(String, Option<String>)> = Vec::new();
    let mut ends = vec![0];
    for cell in cells {
        match cell {
            Cell::Map(map) => entries.extend(map.iter().cloned()),
            _ if chance.arbitrary()? => entries.push(("garbage".into(), Some("garbage".into()))),
            _ => {}
        }
        ends.push(entries.len());
    }
    let names = texts(chance, &entries.iter().map(name).collect::<Vec<_>>())?;
    let values = texts(chance, &entries.iter().map(value).collect::<Vec<_>>())?;
    let fields = Fields::from(vec![
        Field::new("keys", names.data_type().clone(), false),
        Field::new("values", values.data_type().clone(), true),
    ]);
    let structs = StructArray::new(fields.clone(), vec![names, values], None);
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Ok(if chance.arbitrary()? {
        Arc::new(MapArray::new(field, offsets(&ends), structs, nulls(cells), false))
    } else {
        Arc::new(ListArray::new(field, offsets(&ends), Arc::new(structs), nulls(cells)))
    })
}

/// Each value once or twice, others that nobody has, and a null that some nulls refer to.
fn dictionary(chance: &mut Unstructured<'_>, content: Content, cells: &[Cell]) -> Result<ArrayRef> {
    fn of<K: arrow_array::types::ArrowDictionaryKeyType>(positions: &[Option<usize>], values: &ArrayRef) -> ArrayRef
    where
        K::Native: TryFrom<usize>,
    {
        let native = |position: usize| K::Native::try_from(position).ok().expect("few values");
        let nulls: NullBuffer = positions.iter().map(Option::is_some).collect();
        // Under a null the key may be any.
        let keys: ScalarBuffer<K::Native> = positions.iter().map(|at| native(at.unwrap_or(99))).collect();
        let keys = PrimitiveArray::<K>::new(keys, Some(nulls));
        Arc::new(DictionaryArray::<K>::new(keys, Arc::clone(values)))
    }
    let mut values = vec![content.garbage(), Cell::Null];
    let mut positions = Vec::new();
    for cell in cells {
        let known = values.iter().position(|value| value == cell);
        let position = match (cell, known) {
            (Cell::Null, _) => chance.arbitrary::<bool>()?.then_some(1),
            (_, Some(position)) if chance.ratio(3, 4)? => Some(position),
            _ => {
                values.push(cell.clone());
                Some(values.len() - 1)
            }
        };
        positions.push(position);
    }
    let values = plain(chance, content, &values)?;
    Ok(match chance.int_in_range(0..=7)? {
        0 => of::<Int8Type>(&positions, &values),
        1 => of::<Int16Type>(&positions, &values),
        2 => of::<Int64Type>(&positions, &values),
        3 => of::<UInt8Type>(&positions, &values),
        4 => of::<UInt16Type>(&positions, &values),
        5 => of::<UInt32Type>(&positions, &values),
        6 => of::<UInt64Type>(&positions, &values),
        _ => of::<Int32Type>(&positions, &values),
    })
}
