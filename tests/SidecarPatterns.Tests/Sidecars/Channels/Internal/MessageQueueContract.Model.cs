using System.Threading.Channels;
using CsCheck;

namespace SidecarPatterns.Tests;

/// <summary>Random programs of one thread, beside a plain list that says what each step must answer.</summary>
internal abstract partial class MessageQueueContract
{
    protected enum Step
    {
        Offer,
        OfferMany,
        Take,
        TakeMany,
        WaitForRoomWithMessage,
        WaitForRoom,
        CancelFirstInLine,
        CancelLastInLine,
        CancelAsking,
        ReserveAndFill,
        ReserveAndVoid,
        Sleep,
        Close,
        Fail,
    }

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (10, Gen.Enum<Step>().Where(static step => step is not (Step.Close or Step.Fail))),
        (4, Gen.OneOf(Step.Offer, Step.OfferMany, Step.Take)),
        (4, Gen.OneOf(Step.WaitForRoomWithMessage, Step.WaitForRoom, Step.TakeMany)),
        (1, Gen.OneOf(Step.Offer, Step.Close, Step.Fail)));

    [Test]
    public void AnyProgram_OfOneThread_AnswersAsTheModelDoes() =>
        Gen.Select(Gen.OneOf(Capacities[..^1]), Steps.Array[0, 80]).Sample(
            (capacity, steps) =>
            {
                var program = new Program(this, capacity);
                Array.ForEach(steps, program.Run);
                program.Finish();
            },
            iter: 1_500);

    private sealed class Program
    {
        private readonly MessageQueueContract _contract;
        private readonly MessageQueue<int> _queue;
        private readonly List<int> _told = [];

        // The model.
        private readonly List<int> _waiting = [];
        private readonly List<int> _evicted = [];
        private readonly List<(int Message, ValueTask Offer, CancellationTokenSource Cancellation)> _line = [];
        private readonly List<(ValueTask<bool> Ask, CancellationTokenSource Cancellation)> _asking = [];
        private readonly InvalidDataException _failure = new();
        private Exception? _cause;
        private bool _closed;
        private long _accepted;
        private long _taken;
        private long _refused;
        private int _next;

        public Program(MessageQueueContract contract, int capacity)
        {
            _contract = contract;
            _queue = contract.Create<int>(capacity, _told.Add);
        }

        private bool HasRoom => !_closed && _line.Count == 0 && (_contract.Evicts || _waiting.Count < _queue.Capacity);

        private OfferResult Answer => _closed ? OfferResult.Closed : HasRoom ? OfferResult.Accepted : OfferResult.Full;

        public void Run(Step step)
        {
            switch (step)
            {
                case Step.Offer:
                    Offer();
                    break;
                case Step.OfferMany:
                    Repeat(Offer);
                    break;
                case Step.Take:
                    Take();
                    break;
                case Step.TakeMany:
                    Repeat(Take);
                    break;
                case Step.WaitForRoomWithMessage:
                    WaitWithMessage();
                    break;
                case Step.WaitForRoom:
                    Wait();
                    break;
                case Step.CancelFirstInLine when _line.Count > 0:
                    CancelInLine(0);
                    break;
                case Step.CancelLastInLine when _line.Count > 0:
                    CancelInLine(_line.Count - 1);
                    break;
                case Step.CancelAsking when _asking.Count > 0:
                    CancelAsking(0);
                    break;
                case Step.ReserveAndFill when !_contract.Evicts:
                    Reserve(fills: true);
                    break;
                case Step.ReserveAndVoid when !_contract.Evicts && _waiting.Count == 0:
                    Reserve(fills: false);
                    break;
                case Step.Sleep when _waiting.Count == 0 && !_closed:
                    SleepUntilOffered();
                    break;
                case Step.Close:
                    Close(null);
                    break;
                case Step.Fail:
                    Close(_failure);
                    break;
            }

            Compare();
        }

        public void Finish()
        {
            Run(Step.Close);
            while (_waiting.Count > 0)
            {
                Run(Step.Take);
            }

            Run(Step.Take);
        }

        private static void Repeat(Action step)
        {
            for (var i = 0; i < 9; i++)
            {
                step();
            }
        }

        private static void Expect<T>(T actual, T expected, string what)
        {
            if (!EqualityComparer<T>.Default.Equals(actual, expected))
            {
                throw new InvalidOperationException($"{what}: {actual} in place of {expected}");
            }
        }

        private void Compare()
        {
            Expect(_queue.ReadPosition(), new QueuePosition(_accepted, _evicted.Count, _taken), "position");
            Expect(_queue.ReadPosition().Queued, _waiting.Count, "queued");
            Expect(_queue.HasNext, _waiting.Count > 0, "has next");
            Expect(_queue.IsFull && !_closed, !_closed && !HasRoom, "is full");
            Expect(string.Join(',', _told), string.Join(',', _evicted), "evicted");
            Expect(_queue.Refusals.ReadRejected().Total(), _refused, "refusals");
        }

        private void Offer()
        {
            var expected = Answer;
            Expect(_queue.TryOffer(_next), expected, "offer");
            Accept(expected, _next++);
        }

        private void Accept(OfferResult answer, int message)
        {
            if (answer == OfferResult.Accepted)
            {
                if (_waiting.Count == _queue.Capacity)
                {
                    _evicted.Add(_contract.Evict(_waiting));
                }

                _waiting.Add(message);
                _accepted++;
            }
        }

        private void Take()
        {
            Expect(_queue.TryTake(out var message), _waiting.Count > 0, "take");
            if (_waiting.Count == 0)
            {
                return;
            }

            Expect(message, _waiting[0], "taken");
            _waiting.RemoveAt(0);
            _taken++;
            _queue.ServeWaitingPublishers();
            while (_line.Count > 0 && _waiting.Count < _queue.Capacity && !_closed)
            {
                var (next, offer, cancellation) = _line[0];
                _line.RemoveAt(0);
                Accept(OfferResult.Accepted, next);
                Expect(offer.IsCompletedSuccessfully, true, "served");
                offer.GetAwaiter().GetResult();
                cancellation.Dispose();
            }

            TellAsking();
        }

        private void TellAsking()
        {
            if (!HasRoom && !_closed)
            {
                return;
            }

            foreach (var (ask, cancellation) in _asking)
            {
                Expect(ask.IsCompleted, true, "told");
                Expect(ThrownBy(() => Expect(ask.GetAwaiter().GetResult(), !_closed, "told of room")), _cause, "told of the cause");
                cancellation.Dispose();
            }

            _asking.Clear();
        }

        private void WaitWithMessage()
        {
            var cancellation = new CancellationTokenSource();
            var expected = Answer;
            var offer = _queue.OfferAsync(_next, cancellation.Token);
            Expect(offer.IsCompleted, expected != OfferResult.Full, "offer completed");
            if (expected == OfferResult.Full)
            {
                _line.Add((_next, offer, cancellation));
            }
            else
            {
                ExpectClosed(offer, expected == OfferResult.Closed);
                Accept(expected, _next);
            }

            _next++;
        }

        private void ExpectClosed(ValueTask offer, bool closed)
        {
            var thrown = ThrownBy(() => offer.GetAwaiter().GetResult());
            Expect(thrown is ChannelClosedException, closed, "told that it is closed");
            Expect(thrown?.InnerException, _cause, "the cause inside");
            _refused += closed ? 1 : 0;
        }

        private void Wait()
        {
            var cancellation = new CancellationTokenSource();
            var ask = _queue.WaitToOfferAsync(cancellation.Token);
            _asking.Add((ask, cancellation));
            Expect(ask.IsCompleted, _closed || HasRoom, "asked");
            TellAsking();
        }

        private void CancelInLine(int index)
        {
            var (_, offer, cancellation) = _line[index];
            _line.RemoveAt(index);
            cancellation.Cancel();
            Expect(offer.IsCompleted, true, "offer cancelled");
            Expect(((OperationCanceledException)ThrownBy(() => offer.GetAwaiter().GetResult())!).CancellationToken, cancellation.Token, "offer's token");
            TellAsking();
        }

        private void CancelAsking(int index)
        {
            var (ask, cancellation) = _asking[index];
            _asking.RemoveAt(index);
            cancellation.Cancel();
            Expect(ask.IsCompleted, true, "asker cancelled");
            Expect(((OperationCanceledException)ThrownBy(() => ask.GetAwaiter().GetResult())!).CancellationToken, cancellation.Token, "asker's token");
        }

        private void Reserve(bool fills)
        {
            var expected = Answer;
            Expect(_queue.TryReserve(out var reservation), expected, "reserve");
            if (expected != OfferResult.Accepted)
            {
                return;
            }

            if (fills)
            {
                reservation.Fill(_next, default);
                Accept(expected, _next++);
            }
            else
            {
                reservation.Void();
                Expect(_queue.TryTake(out _), false, "take past a void place");
            }
        }

        private void SleepUntilOffered()
        {
            var awaiter = _queue.WaitToTakeAsync().ToAwaiter();
            Expect(awaiter.IsCompleted, false, "asleep");
            Offer();
            Expect(awaiter.IsCompleted, true, "awake");
            awaiter.GetResult();
        }

        private void Close(Exception? cause)
        {
            Expect(_queue.Close(cause), !_closed, "close");
            if (_closed)
            {
                return;
            }

            _closed = true;
            _cause = cause;
            foreach (var (_, offer, cancellation) in _line)
            {
                Expect(offer.IsCompleted, true, "told of the end");
                ExpectClosed(offer, closed: true);
                cancellation.Dispose();
            }

            _line.Clear();
            TellAsking();
        }

        private static Exception? ThrownBy(Action action)
        {
            try
            {
                action();
                return null;
            }
            catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException or InvalidDataException)
            {
                return exception;
            }
        }
    }
}
