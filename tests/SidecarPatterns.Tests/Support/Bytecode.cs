using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Reads which methods a method calls.</summary>
internal static class Bytecode
{
    private const byte TwoBytePrefix = 0xFE;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value);

    /// <summary>What a method calls and constructs; of an asynchronous one or an iterator, what its body does that the compiler moved elsewhere.</summary>
    public static IReadOnlyList<(OpCode OpCode, MethodBase Method)> CallsOf(MethodBase method)
    {
        var body = method.GetCustomAttribute<StateMachineAttribute>() is { } moved
            ? moved.StateMachineType.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.NonPublic)!
            : method;
        return body.GetMethodBody()?.GetILAsByteArray() is { } code ? [.. CallsIn(body, code)] : [];
    }

    private static IEnumerable<(OpCode OpCode, MethodBase Method)> CallsIn(MethodBase method, byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            var isTwoBytes = code[at] == TwoBytePrefix;
            var opCode = OpCodesByValue[isTwoBytes ? BitConverter.ToInt16([code[at + 1], code[at]]) : code[at]];
            at += isTwoBytes ? 2 : 1;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                yield return (opCode, Resolve(method, BitConverter.ToInt32(code, at)));
            }

            at += SizeOfOperand(opCode.OperandType, code, at);
        }
    }

    private static MethodBase Resolve(MethodBase method, int token) => method.Module.ResolveMethod(
        token,
        method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null,
        method.IsGenericMethod ? method.GetGenericArguments() : null)!;

    private static int SizeOfOperand(OperandType type, byte[] code, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
