//! The visitor store and the delivery under a model checker: `make schedules` runs each of these small programs of two or
//! three threads under thousands of schedules, half of them random, half by priorities that change at a few places (PCT).
//! A schedule switches threads at every lock, every atomic, and where a shared visitor is let go of (`src/sync.rs`).
//!
//! Each program ends at a point where nothing is under way. There every event that was created has arrived once, or is
//! counted as lost; and what the engine counts is what has happened.

#![cfg(shuttle)]
#![expect(clippy::unwrap_used, reason = "a test may fail here")]

mod support;

use std::sync::{Arc, Mutex};

use kameleoon_engine::delivery::batch::Batch;
use kameleoon_engine::engine::Engine;
use kameleoon_engine::numbers::Number;
use kameleoon_engine::visitor::datum::{Conversion, CustomData, CustomDataKey, Datum};
use serde_json::json;
use shuttle::rand::Rng;
use shuttle::thread;
use support::{at, engine, purge, visitor};

/// Under how many schedules of each kind a program is run.
fn iterations() -> usize {
    std::env::var("ITERATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2000)
}

fn explore(program: fn()) {
    shuttle::check_random(program, iterations());
    shuttle::check_pct(program, iterations(), 3);
}

/// An engine, with what has been asked of it and what has arrived.
struct World {
    engine: Engine<()>,
    /// A second code, at random: of the two shards that there are here it lies in either.
    user: String,
    /// Under the standard lock, which is never held where threads are switched.
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    created: usize,
    arrived: Vec<i64>,
    lines: u64,
}

impl World {
    fn new() -> Arc<Self> {
        let data_file = json!({"customData": [{"index": 9, "id": 9, "name": "user", "isMappingIdentifier": true}]});
        let engine = engine(&data_file);
        engine.advance(0);
        let user = format!("user {}", shuttle::rand::thread_rng().gen_range(0..8));
        Arc::new(Self { engine, user, seen: Mutex::default() })
    }

    /// A new event of a visitor, which waits to be sent.
    fn add(&self, code: &str) {
        let goal_id = {
            let mut seen = self.seen.lock().unwrap();
            seen.created += 1;
            i64::try_from(seen.created).unwrap()
        };
        let conversion = Conversion { goal_id, revenue: Number::Integer(1), negative: false, metadata: None };
        visitor(&self.engine, code).add([Datum::Conversion(Arc::new(conversion))], true, at(1));
        visitor(&self.engine, code).queue();
    }

    /// Makes `user` lead to the visitor of `code`, without an event.
    fn link(&self, user: &str, code: &str) {
        let values = std::iter::once(user.into()).collect();
        let datum = Datum::CustomData(CustomData { key: CustomDataKey::Index(9), values, overwrite: true });
        visitor(&self.engine, code).add([datum], false, at(1));
    }

    fn confirm(&self, batch: Batch) {
        let goal = |line: &str| line.split('&').find_map(|pair| pair.strip_prefix("goalId=")?.parse().ok());
        let mut arrived: Vec<i64> = batch.body().lines().filter_map(goal).collect();
        let lines = batch.events() as u64;
        batch.confirm();
        let mut seen = self.seen.lock().unwrap();
        seen.lines += lines;
        seen.arrived.append(&mut arrived);
    }

    fn drain(&self) {
        while let Some(batch) = self.engine.take_batch(1) {
            self.confirm(batch);
        }
    }

    /// As the client flushes one visitor: what it has, then whatever may be its own from earlier.
    fn flush(&self, code: &str) {
        self.confirm(visitor(&self.engine, code).take_batch());
        while self.engine.has_earlier()
            && let Some(batch) = self.engine.take_batch(1)
        {
            self.confirm(batch);
        }
    }

    fn has_arrived(&self, goal_id: i64) -> bool {
        self.seen.lock().unwrap().arrived.contains(&goal_id)
    }

    /// Everybody has been idle for longer than a session.
    fn expire(&self) {
        self.engine.elapse(10_000);
        purge(&self.engine, 1000);
    }

    /// Nothing is under way: all is accounted for, before the rest is sent and afterwards.
    fn settle(&self) {
        self.account();
        self.engine.queue_all();
        self.drain();
        assert_eq!(self.account(), 0, "an event is neither sent nor counted as lost");
        assert_eq!(self.engine.queue_length(), 0);
    }

    /// How many events are neither sent nor lost.
    fn account(&self) -> usize {
        let (sent, lost) = (self.engine.counts().sent, self.engine.losses().events);
        let seen = self.seen.lock().unwrap();
        let mut distinct = seen.arrived.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.arrived.len(), "an event was sent twice");
        assert_eq!(sent, seen.lines, "what is counted as sent is not what was sent");
        let settled = distinct.len() + usize::try_from(lost).unwrap();
        assert!(settled <= seen.created, "an event was sent and is counted as lost, too");
        seen.created - settled
    }
}

/// Runs each part in a thread of its own, and settles.
fn run(world: &Arc<World>, parts: &[fn(&World)]) {
    let spawn = |part: &fn(&World)| {
        let (world, part) = (Arc::clone(world), *part);
        thread::spawn(move || part(&world))
    };
    let threads: Vec<_> = parts.iter().map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    world.settle();
}

/// A visitor that "a" and the user lead to, with an event.
fn shared() -> Arc<World> {
    let world = World::new();
    world.add("a");
    world.link(&world.user, "a");
    world
}

#[test]
fn the_last_two_codes_of_a_visitor_are_linked_to_others_at_once() {
    explore(|| run(&shared(), &[|world| world.link(&world.user, "b"), |world| world.link("a", "c")]));
}

#[test]
fn a_code_expires_while_the_last_other_one_is_linked_to_another_visitor() {
    explore(|| {
        let world = shared();
        world.drain();
        let change = |world: &World| {
            world.add(&world.user);
            world.link(&world.user, "b");
        };
        run(&world, &[World::expire, change]);
    });
}

#[test]
fn a_departed_code_is_drained_while_the_last_other_one_is_linked_to_another_visitor() {
    explore(|| {
        let world = shared();
        let send = |world: &World| {
            world.expire();
            world.drain();
        };
        let change = |world: &World| {
            world.add(&world.user);
            world.link(&world.user, "b");
        };
        run(&world, &[send, change]);
    });
}

#[test]
fn events_are_added_given_back_and_flushed_while_their_visitor_expires() {
    explore(|| {
        let send = |world: &World| {
            world.engine.take_batch(10).into_iter().for_each(Batch::give_back);
            world.flush("a");
        };
        run(&World::new(), &[|world| (0..2).for_each(|_| world.add("a")), send, World::expire]);
    });
}

#[test]
fn a_visitor_is_linked_while_events_are_added_and_drained() {
    explore(|| {
        let link = |world: &World| {
            world.add(&world.user);
            world.link(&world.user, "a");
        };
        run(&World::new(), &[link, |world| (0..2).for_each(|_| world.add("a")), World::drain]);
    });
}

#[test]
fn two_drain_at_once() {
    explore(|| {
        let world = World::new();
        ["a", "b"].into_iter().for_each(|code| world.add(code));
        run(&world, &[World::drain, World::drain, |world| world.add("a")]);
    });
}

#[test]
fn a_flush_confirms_only_when_everything_is_in() {
    explore(|| {
        let world = World::new();
        world.add("a");
        let flush = |world: &World| {
            world.flush("a");
            assert!(world.has_arrived(1), "the flush was confirmed, but the event had not arrived");
        };
        run(&world, &[flush, World::expire]);
    });
}

#[test]
fn a_drain_ends_only_when_nothing_is_left() {
    explore(|| {
        let world = World::new();
        world.add("a");
        let drain = |world: &World| {
            world.drain();
            assert!(world.has_arrived(1), "nothing was left, but the event had not arrived");
        };
        run(&world, &[drain, World::expire]);
    });
}
