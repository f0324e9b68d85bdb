//! Records of tasks that are seen for the first time, together or one by one.

use super::fakes::{Inner, World, home, minute, store, store_images};
use crate::ports::Item;
use crate::record::Ledger;
use crate::store::codec;
use crate::task::{Kind, State, Task};

fn list(world: &World, names: &[&str], state: &State) {
    let tasks: Vec<Task> = names.iter().map(|name| store(name, 0, state.clone())).collect();
    world.list(Kind::StoreImage, &tasks);
}

#[test]
fn many_first_sights_are_written_together_and_few_one_by_one() {
    let names: Vec<String> = (0..109).map(|n| format!("ami-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let running = State::new("InProgress");
    for (count, together) in [(9, vec![]), (10, vec![10]), (99, vec![99]), (109, vec![99, 10])] {
        let world = World::new();
        list(&world, &names[..count], &running);
        let summary = world.poll(&store_images()).unwrap();
        assert_eq!((summary.targets[0].saved, world.records().len()), (count, count));
        let log = world.take_log();
        let batches: Vec<usize> = log
            .iter()
            .filter_map(|effect| {
                effect.strip_suffix(" together")?.strip_prefix("save ")?.parse().ok()
            })
            .collect();
        let alone = log.iter().filter(|effect| effect.starts_with("save ami-")).count();
        assert_eq!((batches, alone), (together.clone(), count - together.iter().sum::<usize>()));
        list(&world, &names[..count], &State::new("Completed"));
        assert_eq!(world.poll_a_minute_later(&store_images()).published, count);
    }
}

#[test]
fn first_sights_that_cannot_be_written_together_are_written_one_by_one() {
    let names: Vec<String> = (0..12).map(|n| format!("ami-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // No batch is taken, or another poller wrote its ledger meanwhile.
    for (no_batch_writes, meanwhile) in [(true, false), (false, true)] {
        let world = World::new();
        list(&world, &names, &State::new("InProgress"));
        world.with(|inner| {
            inner.no_batch_writes = no_batch_writes;
            let other: fn(&mut Inner) = |inner| {
                let ledger = Ledger::baseline(Kind::StoreImage, None, minute(0));
                let put = codec::ledger(&ledger, 0).unwrap();
                let item = Item {
                    key: put.key.clone(),
                    version: Some(1),
                    schema: Some(put.schema),
                    body: Some(put.body),
                };
                inner.items.insert((codec::partition_key(&home()), put.key), item);
            };
            inner.meanwhile = meanwhile.then(|| ("list us-east-1 store-image".to_owned(), other));
        });
        let summary = world.poll(&store_images()).unwrap();
        assert_eq!((summary.targets[0].saved, world.records().len()), (12, 12));
        list(&world, &names, &State::new("Completed"));
        assert_eq!(world.poll_a_minute_later(&store_images()).published, 12);
    }
}
