using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>A message that is copied, of the size of its content.</summary>
/// <typeparam name="TContent">Gives the size; eight bytes at least.</typeparam>
internal struct Sized<TContent> : IMessage<Sized<TContent>>
    where TContent : struct
{
    private TContent _content;

    public readonly long Value => Unsafe.As<TContent, long>(ref Unsafe.AsRef(in _content));

    public static Sized<TContent> Create(long value)
    {
        Sized<TContent> message = default;
        Unsafe.As<TContent, long>(ref message._content) = value;
        return message;
    }
}
