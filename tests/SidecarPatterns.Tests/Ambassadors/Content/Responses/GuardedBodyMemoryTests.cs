using System.Threading.Tasks.Sources;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class GuardedBodyMemoryTests
{
#if DEBUG
    private const int AllowedForARead = 200; // Without optimization the compiler makes an object of each asynchronous method's state.
#else
    private const int AllowedForARead = 0;
#endif

    [Test]
    public void ReadAsync_AgainAndAgain_TakesNoMemory([Values] bool waits, [Values] bool isCancellable)
    {
        const int Rounds = 10_000;
        var body = new WaitingBody(waits);
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };
        ResponseBody.Guard(response, new BodyLimits(TimeSpan.FromSeconds(30), 0.001, long.MaxValue), TimeProvider.System, static _ => { });
        using var caller = new CancellationTokenSource();
        var ct = isCancellable ? caller.Token : default;
        var stream = response.Content.ReadAsStream();
        var buffer = new byte[10];
        for (var i = 0; i < 100; i++)
        {
            Read();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            Read();
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(taken, Is.LessThan((Rounds * AllowedForARead) + 100));

        void Read()
        {
            var reading = stream.ReadAsync(buffer, ct);
            body.Answer();

            // What waited goes on inside the answer.
            if (!reading.IsCompleted || reading.Result != buffer.Length)
            {
                Assert.Fail("A read brought nothing.");
            }
        }
    }

    /// <summary>A body whose every read waits until the test answers it, on the test's own thread.</summary>
    private sealed class WaitingBody(bool waits) : MemoryStream, IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _source;
        private int _count;

        public void Answer()
        {
            if (waits)
            {
                _source.SetResult(_count);
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!waits)
            {
                return new ValueTask<int>(buffer.Length);
            }

            _count = buffer.Length;
            _source.Reset();
            return new ValueTask<int>(this, _source.Version);
        }

        public int GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
