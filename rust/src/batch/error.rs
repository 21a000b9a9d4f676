//! What is wrong with a table, found before any work is done.

use std::fmt;

use arrow_schema::{ArrowError, DataType};

/// Why a table cannot be used.
#[derive(Debug)]
pub enum BatchError {
    /// There is no column of this name; those that there are.
    NoColumn {
        /// The name.
        name: String,
        /// The names of all columns.
        columns: Vec<String>,
    },
    /// A column has a type that cannot be what it is said to be.
    WrongType {
        /// The column.
        name: String,
        /// What it is said to be.
        role: String,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: DataType,
    },
    /// Two columns are said to be the same datum.
    Twice {
        /// The datum.
        role: String,
        /// The columns.
        columns: [String; 2],
    },
    /// A column is given without the one that it belongs to.
    Alone {
        /// What is given.
        role: &'static str,
        /// What is missing.
        missing: &'static str,
    },
    /// There is no such flag; the nearest there is.
    NoFlag {
        /// The key.
        key: String,
        /// One that differs little from it.
        nearest: Option<String>,
    },
    /// The data file has no custom data of this name.
    NoCustomData {
        /// The name.
        name: String,
    },
    /// An output column would have the name of another.
    NameTaken {
        /// The name.
        name: String,
    },
    /// What Arrow says.
    Arrow(ArrowError),
}

impl fmt::Display for BatchError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoColumn { name, columns } => {
                write!(out, "the table has no column {name:?}; it has: {}", columns.join(", "))
            }
            Self::WrongType { name, role, expected, found } => {
                write!(out, "column {name:?} cannot be {role}: expected {expected}, found {found}")
            }
            Self::Twice { role, columns: [first, second] } => {
                write!(out, "{role} is given twice, as columns {first:?} and {second:?}")
            }
            Self::Alone { role, missing } => write!(out, "{role} needs {missing} beside it"),
            Self::NoFlag { key, nearest } => {
                write!(out, "the data file has no flag {key:?}")?;
                nearest.as_ref().map_or(Ok(()), |nearest| write!(out, "; did you mean {nearest:?}?"))
            }
            Self::NoCustomData { name } => write!(out, "the data file has no custom data named {name:?}"),
            Self::NameTaken { name } => {
                write!(out, "two columns of the answer would be named {name:?}; hint: rename the table's column")
            }
            Self::Arrow(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for BatchError {}

impl From<ArrowError> for BatchError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}
