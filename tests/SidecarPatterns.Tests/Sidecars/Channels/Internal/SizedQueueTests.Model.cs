using System.Threading.Channels;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>Random programs of one thread with messages of random sizes, beside plain lists that say what each step must answer.</summary>
internal sealed partial class SizedQueueTests
{
    private enum Step
    {
        Offer,
        Wait,
        Ask,
        Take,
        Pull,
        Release,
        CancelFirst,
        ReserveAndFill,
        ReserveAndVoid,
    }

    [Test]
    public void AnyProgram_OfOneThread_AnswersAsTheModelDoes([Values] BoundedChannelFullMode mode) =>
        Gen.Select(Gen.OneOf(1, 2, 5, 40), Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 14]).Array[0, 80]).Sample(
            (capacity, steps) =>
            {
                var program = new Program(capacity, mode);
                foreach (var (step, size) in steps)
                {
                    program.Run(step, size);
                }
            },
            iter: 2_000);

    private sealed class Program
    {
        private readonly SizedQueue<(int Number, int Size)> _queue;
        private readonly BoundedChannelFullMode _mode;
        private readonly List<int> _told = [];

        // The model.
        private readonly List<(int Number, int Size)> _waiting = [];
        private readonly List<int> _pulled = [];
        private readonly List<int> _evicted = [];
        private readonly List<((int Number, int Size) Message, ValueTask Offer, CancellationTokenSource Cancellation)> _line = [];
        private readonly List<(int Wanted, ValueTask<bool> Ask)> _asking = [];
        private int _refused;
        private long _accepted;
        private long _taken;
        private int _next;

        public Program(int capacity, BoundedChannelFullMode mode)
        {
            _mode = mode;
            _queue = new SizedQueue<(int Number, int Size)>(
                capacity,
                Bytes,
                mode,
                static message => message.Size,
                new DropCallback<(int Number, int Size)>("audit", arguments => _told.Add(arguments.Message.Number), NullLogger.Instance));
        }

        private bool Evicts => _mode is BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest;

        private long QueuedBytes => _waiting.Sum(static message => message.Size) + _pulled.Sum();

        public void Run(Step step, int size)
        {
            var message = (_next++, size);
            switch (step)
            {
                case Step.Offer:
                    var expected = Evicts || CanEnter(size) ? OfferResult.Accepted : OfferResult.Full;
                    Expect(_queue.TryOffer(message, default), expected, "offer");
                    Enter(message);
                    break;
                case Step.Wait:
                    Wait(message);
                    break;
                case Step.Ask:
                    Ask();
                    break;
                case Step.Take:
                    Expect(_queue.TryTake(out var taken), _waiting.Count > 0, "take");
                    TakeOut(taken);
                    break;
                case Step.Pull:
                    Expect(_queue.TryPull(out var pulled), _waiting.Count > 0, "pull");
                    PullOut(pulled);
                    break;
                case Step.Release when _pulled.Count > 0:
                    var index = size % _pulled.Count;
                    _queue.Release(_pulled[index]);
                    _pulled.RemoveAt(index);
                    _taken++;
                    break;
                case Step.CancelFirst when _line.Count > 0:
                    _line[0].Cancellation.Cancel();
                    Expect(_line[0].Offer.IsCanceled, true, "cancelled");
                    _line.RemoveAt(0);
                    break;
                case Step.ReserveAndFill or Step.ReserveAndVoid when !Evicts:
                    Reserve(message, step == Step.ReserveAndFill);
                    break;
            }

            Serve();
            Compare();
        }

        private bool Fits(int size)
        {
            var queued = _waiting.Count + _pulled.Count;
            return queued == 0 || (queued < _queue.Capacity && QueuedBytes + size <= Bytes);
        }

        private bool CanEnter(int size) => _line.Count == 0 && Fits(size);

        private void Enter((int Number, int Size) message)
        {
            if (!Evicts && !CanEnter(message.Size))
            {
                _refused = message.Size;
                return;
            }

            Add(message);
        }

        private void Add((int Number, int Size) message)
        {
            _accepted++;
            if (_pulled.Count > 0 && (_pulled.Count >= _queue.Capacity || _pulled.Sum() + message.Size > Bytes) && Evicts)
            {
                _evicted.Add(message.Number);
                return;
            }

            while (!Fits(message.Size))
            {
                var index = _mode == BoundedChannelFullMode.DropOldest ? 0 : _waiting.Count - 1;
                _evicted.Add(_waiting[index].Number);
                _waiting.RemoveAt(index);
            }

            _waiting.Add(message);
            Chance(message.Size);
        }

        private void Chance(int size) => _refused = size >= _refused ? 0 : _refused;

        private void Wait((int Number, int Size) message)
        {
            var cancellation = new CancellationTokenSource();
            var waits = !Evicts && !CanEnter(message.Size);
            var offer = _queue.OfferAsync(message, default, cancellation.Token);
            Expect(offer.IsCompletedSuccessfully, !waits, "offer and wait");
            if (waits)
            {
                _line.Add((message, offer, cancellation));
            }
            else
            {
                Add(message);
            }
        }

        private void Ask()
        {
            var waits = !Evicts && !CanEnter(_refused);
            var ask = _queue.WaitToOfferAsync(CancellationToken.None);
            Expect(ask.IsCompleted, !waits, "ask");
            if (waits)
            {
                _asking.Add((_refused, ask));
            }
            else
            {
                Chance(_refused);
            }
        }

        private void TakeOut((int Number, int Size) taken)
        {
            if (_waiting.Count > 0)
            {
                Expect(taken, _waiting[0], "taken");
                _waiting.RemoveAt(0);
                _taken++;
            }
        }

        private void PullOut((int Number, int Size) pulled)
        {
            if (_waiting.Count > 0)
            {
                Expect(pulled, _waiting[0], "pulled");
                _waiting.RemoveAt(0);
                _pulled.Add(pulled.Size);
                Expect(_queue.LastSize, pulled.Size, "size");
            }
        }

        private void Reserve((int Number, int Size) message, bool fills)
        {
            var expected = CanEnter(message.Size) ? OfferResult.Accepted : OfferResult.Full;
            if (expected == OfferResult.Accepted && !fills && _waiting.Count > 0)
            {
                return; // It would stay there, void, until those before it are taken.
            }

            Expect(_queue.TryReserve(message.Size, out var reservation), expected, "reserve");
            if (expected == OfferResult.Full)
            {
                _refused = message.Size;
            }
            else if (fills)
            {
                reservation.Fill(message, default);
                Add(message);
            }
            else
            {
                reservation.Void();
                Chance(message.Size);
            }
        }

        private void Serve()
        {
            while (_line.Count > 0 && Fits(_line[0].Message.Size))
            {
                Expect(_line[0].Offer.IsCompletedSuccessfully, true, "served");
                Add(_line[0].Message);
                _line.RemoveAt(0);
            }

            var told = _asking.RemoveAll(asking =>
            {
                var isTold = CanEnter(asking.Wanted);
                Expect(asking.Ask.IsCompleted, isTold, "told");
                return isTold;
            });
            if (told > 0 && Fits(_refused))
            {
                _refused = 0;
            }
        }

        private void Compare()
        {
            Expect(_queue.ReadPosition(), new QueuePosition(_accepted, _evicted.Count, _taken), "position");
            Expect(_queue.QueuedBytes, QueuedBytes, "bytes");
            Expect(_queue.HasNext, _waiting.Count > 0, "has next");
            Expect(_queue.IsFull, !Evicts && !CanEnter(_refused), "is full");
            Expect(_line.Exists(static waiting => waiting.Offer.IsCompleted), false, "served out of turn");
            Expect(string.Join(',', _told), string.Join(',', _evicted), "evicted");
            if (_waiting.Count + _pulled.Count > 1)
            {
                Expect(QueuedBytes <= Bytes, true, "within the bound");
            }
        }

        private static void Expect<T>(T actual, T expected, string what)
        {
            if (!EqualityComparer<T>.Default.Equals(actual, expected))
            {
                throw new InvalidOperationException($"{what}: {actual} in place of {expected}");
            }
        }
    }
}
