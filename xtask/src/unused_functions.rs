//! Takes functions that never run out of a client. Tables of function pointers name them, so the
//! compiler must keep them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// What only their names contain in lower case, and those of their closures and of the drops of their
/// futures.
const NAMES: [&str; 3] = [
    // Asynchronous hydration: each view points to its own, but it starts only from
    // `leptos::mount::hydrate_from_async`, and our pages are hydrated by `hydrate_body`.
    "hydrate_async",
    "new_with_async_value",
    // Streams made in Rust, whose exports `short_names` removes.
    "intounderlying",
];

/// The module with a trap in the place of each of them, and how many they were. `wasm` still has its
/// name section. Fails if another function calls one of them, for then they are used.
pub(crate) fn remove(wasm: &[u8]) -> Result<(Vec<u8>, usize)> {
    let mut module =
        Module::from_buffer(wasm).map_err(|error| anyhow!("the client is damaged: {error:?}"))?;
    let mut unused = BTreeSet::new();
    for (id, _) in module.funcs.iter_local() {
        let name = name(&module, id).to_ascii_lowercase();
        if NAMES.iter().any(|part| name.contains(part)) {
            unused.insert(id);
        }
    }
    for (caller, function) in module.funcs.iter_local().filter(|(id, _)| !unused.contains(id)) {
        if let Some(called) = callees(function).intersection(&unused).next() {
            bail!("{} calls {}", name(&module, caller), name(&module, *called));
        }
    }
    for id in &unused {
        let ty = module.types.get(module.funcs.get(*id).ty()).clone();
        let args = ty.params().iter().map(|param| module.locals.add(*param)).collect();
        let mut trap = FunctionBuilder::new(&mut module.types, ty.params(), ty.results());
        trap.func_body().unreachable();
        module.funcs.get_mut(*id).kind = FunctionKind::Local(trap.local_func(args));
    }
    Ok((module.emit_wasm(), unused.len()))
}

fn name(module: &Module, id: FunctionId) -> &str {
    module.funcs.get(id).name.as_deref().unwrap_or_default()
}

/// The functions that a function calls by name.
fn callees(function: &LocalFunction) -> BTreeSet<FunctionId> {
    struct Callees(BTreeSet<FunctionId>);

    impl<'module> Visitor<'module> for Callees {
        fn visit_call(&mut self, call: &Call) {
            self.0.insert(call.func);
        }
    }

    let mut callees = Callees(BTreeSet::new());
    dfs_in_order(&mut callees, function, function.entry_block());
    callees.0
}
