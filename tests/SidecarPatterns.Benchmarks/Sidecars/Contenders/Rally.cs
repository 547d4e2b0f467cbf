using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>One message that goes to and fro between two handlers; both sides of the ping-pong row play it with these calls.</summary>
internal static class Rally
{
    private static TaskCompletionSource _done = new();
    private static int _left;

    /// <summary>Begins a round.</summary>
    /// <returns>A task that completes when the message has come back so many times.</returns>
    public static Task PlayAsync(ChannelWriter<Message> opponent, int roundTrips)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _left = roundTrips;
        Hit(opponent, Message.Create(1));
        return _done.Task;
    }

    /// <summary>The far player: sends every message back.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Return(ChannelWriter<Message> opponent, in Message message) => Hit(opponent, message);

    /// <summary>The near player: sends every message out again, but for the last.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReturnOrFinish(ChannelWriter<Message> opponent, in Message message)
    {
        if (--_left == 0)
            _done.SetResult();
        else
            Hit(opponent, message);
    }

    private static void Hit(ChannelWriter<Message> opponent, in Message message)
    {
        if (!opponent.TryWrite(message))
            throw new InvalidOperationException("A queue that never holds more than one message was full.");
    }
}
