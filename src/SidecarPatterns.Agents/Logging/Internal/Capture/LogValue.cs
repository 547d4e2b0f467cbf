using System.Collections;
using System.Globalization;
using System.Numerics;

namespace SidecarPatterns;

/// <summary>The values of a line. Some can be read at any time later, for they do not change; of the others a picture is taken at once.</summary>
internal static class LogValue
{
    private static readonly HashSet<Type> Unchanging =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Int128), typeof(UInt128), typeof(Half), typeof(BigInteger), typeof(Uri), typeof(Version),
    ];

    /// <summary>Whether a value of this type says the same whenever it is asked.</summary>
    public static bool IsUnchanging(Type type) =>
        type.IsPrimitive || type.IsEnum || Unchanging.Contains(type)
        || (Nullable.GetUnderlyingType(type) is { } underlying && IsUnchanging(underlying));

    /// <summary>What a value is now: itself, an array of what it has, or its text.</summary>
    public static object? Capture(object? value)
    {
        switch (value)
        {
            case null or string or int or long or bool or Guid or double or decimal or TimeSpan or DateTime or DateTimeOffset:
                return value;
            case ICollection collection:
                return CaptureAll(collection);
            default:
                return IsUnchanging(value.GetType()) ? value : TextOf(value);
        }
    }

    /// <summary>The text of a value, whatever its own code does.</summary>
    public static string TextOf(object value)
    {
        try
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        }
#pragma warning disable CA1031 // The user's own code: that a value can not say what it is must not fail who logs it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"({value.GetType()} can not be shown: {exception.GetType()})";
        }
    }

    private static object CaptureAll(ICollection collection)
    {
        try
        {
            var values = new object?[collection.Count];
            var count = 0;
            foreach (var value in collection)
            {
                if (count == values.Length)
                {
                    break; // It grows at this very moment.
                }

                // Not deeper than this: it may hold itself.
                values[count++] = value is null || IsUnchanging(value.GetType()) ? value : TextOf(value);
            }

            return count == values.Length ? values : values[..count];
        }
#pragma warning disable CA1031 // As above; another thread may change it meanwhile.
        catch (Exception)
#pragma warning restore CA1031
        {
            return TextOf(collection);
        }
    }
}
