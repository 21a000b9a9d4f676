//! How a datum is made: by its class with the arguments of the call, or, for a class of a user's own with an `__init__` of
//! its own, by what that hands to `super().__init__`.

use std::sync::OnceLock;

use pyo3::PyClass;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

/// What a datum holds; nothing, where its arguments could not be read or its `__init__` was never called.
pub(in crate::python) struct Content<T> {
    made: Option<T>,
    initialized: OnceLock<Box<T>>,
}

impl<T> Content<T> {
    pub(super) fn new(made: Option<T>) -> Self {
        Self { made, initialized: OnceLock::new() }
    }

    /// What it holds. That of `__init__` counts first: it is later.
    pub(super) fn get(&self) -> Option<&T> {
        match self.initialized.get() {
            Some(content) => Some(content),
            None => self.made.as_ref(),
        }
    }

    /// What an object of the very class holds, which no `__init__` has made.
    #[inline]
    pub(super) fn made(&self) -> Option<&T> {
        self.made.as_ref()
    }
}

/// A class of data.
pub(super) trait Kind: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync {
    type Held: Clone;

    /// What the arguments of a call say; nothing, with a line in the log, where they cannot be read.
    ///
    /// # Errors
    /// `TypeError` where there are too few, too many, or unknown ones.
    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>>;

    fn content(&self) -> &Content<Self::Held>;
}

/// The content of a new object of `class`.
#[inline]
pub(super) fn new<K: Kind>(
    class: &Bound<'_, PyType>,
    arguments: &Bound<'_, PyTuple>,
    named: Option<&Bound<'_, PyDict>>,
) -> PyResult<Content<K::Held>> {
    if class.as_type_ptr() == K::type_object_raw(class.py()) || !initializes_itself(class, &K::type_object(class.py()))?
    {
        return K::read(arguments, named).map(Content::new);
    }
    // Its `__init__` comes next; not if it is unpickled: then there is one argument, what it held.
    let pickled = (arguments.len() == 1).then(|| arguments.get_borrowed_item(0)).transpose()?;
    let pickled = pickled.as_ref().and_then(|argument| argument.cast_exact::<K>().ok());
    Ok(Content::new(pickled.and_then(|datum| datum.get().content().made().cloned())))
}

/// `super().__init__(...)` in the `__init__` of a class of a user's own.
pub(super) fn initialize<K: Kind>(
    object: &Bound<'_, K>,
    arguments: &Bound<'_, PyTuple>,
    named: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let class = object.as_any().get_type();
    if class.as_type_ptr() != K::type_object_raw(class.py())
        && initializes_itself(&class, &K::type_object(class.py()))?
        && let Some(content) = K::read(arguments, named)?
    {
        let _ = object.get().content().initialized.set(Box::new(content)); // a second time changes nothing
    }
    Ok(())
}

/// Whether a class derived from `base`, one of ours, has an `__init__` of its own, and no `__new__` that makes its own arguments into ours.
#[cold]
pub(super) fn initializes_itself(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>) -> PyResult<bool> {
    let same = |name: &str| -> PyResult<bool> { Ok(class.getattr(name)?.is(&base.getattr(name)?)) };
    Ok(!same("__init__")? && same("__new__")?)
}

/// The arguments of a call by the positions of their names. An argument may have several names: those of the vendor's
/// tables stand beside ours. `None` counts as not given.
///
/// # Errors
/// `TypeError` where one of the first `needed` ones is missing, or one is unknown or given twice.
pub(super) fn bind<'py, const N: usize>(
    class: &str,
    names: [&[&str]; N],
    needed: usize,
    arguments: &Bound<'py, PyTuple>,
    named: Option<&Bound<'py, PyDict>>,
) -> PyResult<[Option<Bound<'py, PyAny>>; N]> {
    let mut bound = [const { None }; N];
    let given = arguments.len();
    if given > N {
        return Err(PyTypeError::new_err(format!("{class}() takes at most {N} arguments, got {given}")));
    }
    for (slot, argument) in bound.iter_mut().zip(arguments.iter()) {
        *slot = Some(argument);
    }
    for (name, argument) in named.into_iter().flatten() {
        let name = name.cast::<PyString>()?.to_str()?;
        let Some(position) = names.iter().position(|names| names.contains(&name)) else {
            return Err(PyTypeError::new_err(format!("{class}() got an unexpected argument '{name}'")));
        };
        if bound[position].replace(argument).is_some() {
            return Err(PyTypeError::new_err(format!("{class}() got its argument '{}' twice", names[position][0])));
        }
    }
    for (slot, names) in bound.iter_mut().zip(names).take(needed) {
        if slot.is_none() {
            return Err(PyTypeError::new_err(format!("{class}() misses its argument '{}'", names[0])));
        }
    }
    Ok(bound)
}

/// An argument that is given and is not `None`.
pub(super) fn given<'a, 'py>(argument: Option<&'a Bound<'py, PyAny>>) -> Option<&'a Bound<'py, PyAny>> {
    argument.filter(|argument| !argument.is_none())
}
